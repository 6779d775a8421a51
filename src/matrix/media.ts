import type { Readable } from "node:stream";
import type { UserId } from "../domain/ids.ts";
import { type HomeserverClient, matrixPath, textOf } from "./homeserver-client.ts";
import { MatrixError, readMatrixError } from "./matrix-error.ts";

/** Longest silence while a file crosses, in milliseconds. */
const MEDIA_TIMEOUT_MS = 120_000;

/** Streams a file to the homeserver's repository; resolves to its mxc: URI (Client-Server API, content repository). */
export async function uploadMedia(
  client: HomeserverClient,
  file: { content: Readable; size: number; type: string; name: string; as: UserId },
): Promise<string> {
  try {
    const { statusCode, headers, body } = await client.pool.request({
      method: "POST",
      path: "/_matrix/media/v3/upload",
      query: { user_id: file.as, filename: file.name },
      headers: {
        authorization: `Bearer ${client.token}`,
        "content-type": file.type,
        "content-length": String(file.size),
      },
      body: file.content,
      headersTimeout: MEDIA_TIMEOUT_MS,
      bodyTimeout: MEDIA_TIMEOUT_MS,
    });
    const text = await body.text();
    if (statusCode !== 200) throw readMatrixError(statusCode, text, headers["retry-after"]);
    return textOf(JSON.parse(text), "content_uri");
  } catch (error) {
    if (error instanceof MatrixError) throw error;
    throw new MatrixError({ status: 0, errcode: "GUICHET_UNREACHABLE", cause: error });
  } finally {
    file.content.destroy();
  }
}

/** Opens a file for reading through the authenticated endpoint (Client-Server API 1.11). */
export async function downloadMedia(
  client: HomeserverClient,
  mxc: string,
  as: UserId,
  signal: AbortSignal,
): Promise<Readable> {
  const [, server, id] = /^mxc:\/\/([^/]+)\/([^/?#]+)$/.exec(mxc) ?? [];
  if (!server || !id) throw new MatrixError({ status: 400, errcode: "GUICHET_BAD_MXC" });
  try {
    const { statusCode, headers, body } = await client.pool.request({
      method: "GET",
      path: matrixPath`/_matrix/client/v1/media/download/${server}/${id}`,
      query: { user_id: as },
      headers: { authorization: `Bearer ${client.token}` },
      headersTimeout: MEDIA_TIMEOUT_MS,
      bodyTimeout: MEDIA_TIMEOUT_MS,
      signal,
    });
    if (statusCode === 200) return body;
    throw readMatrixError(statusCode, await body.text(), headers["retry-after"]);
  } catch (error) {
    if (error instanceof MatrixError) throw error;
    throw new MatrixError({ status: 0, errcode: "GUICHET_UNREACHABLE", cause: error });
  }
}
