import type { Readable } from "node:stream";
import type { UserId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath, textOf } from "./homeserver-client.ts";
import { MatrixError, readMatrixError } from "./matrix-error.ts";

/** Longest silence while a file crosses, in milliseconds. */
const MEDIA_TIMEOUT_MS = 120_000;
/** In characters, of a name that travels in a request's first line. */
const LONGEST_NAME = 255;
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/;

/** What a stranger calls a media type, as a header may carry it (RFC 6838 section 4.2): Synapse fails on anything else. */
const asMediaType = (type: string) => (MEDIA_TYPE.test(type) ? type : "application/octet-stream");

/**
 * Largest file that the homeserver takes, in bytes (Client-Server API, content repository configuration); undefined when it
 * does not say.
 */
export async function readUploadLimit(client: HomeserverClient, as: UserId): Promise<number | undefined> {
  const answer = await client.request({ method: "GET", path: "/_matrix/client/v1/media/config", as });
  const limit = isRecord(answer) ? answer["m.upload.size"] : undefined;
  return typeof limit === "number" ? limit : undefined;
}

/** Streams a file to the homeserver's repository; resolves to its mxc: URI (Client-Server API, content repository). */
export async function uploadMedia(
  client: HomeserverClient,
  file: { content: Readable; size: number; type: string; name: string; as: UserId },
): Promise<string> {
  try {
    const { statusCode, headers, body } = await client.pool.request({
      method: "POST",
      path: "/_matrix/media/v3/upload",
      query: { user_id: file.as, filename: file.name.slice(0, LONGEST_NAME).toWellFormed() },
      headers: {
        authorization: `Bearer ${client.token}`,
        "content-type": asMediaType(file.type),
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

export interface OpenedMedia {
  readonly content: Readable;
  /** Its size, when the homeserver says it. */
  readonly bytes: number | undefined;
}

/** Opens a file for reading through the authenticated endpoint (Client-Server API 1.11). */
export async function openMedia(
  client: HomeserverClient,
  mxc: string,
  as: UserId,
  signal: AbortSignal,
): Promise<OpenedMedia> {
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
    const { "content-length": length } = headers;
    if (statusCode === 200)
      return { content: body, bytes: typeof length === "string" && /^\d+$/.test(length) ? Number(length) : undefined };
    throw readMatrixError(statusCode, await body.text(), headers["retry-after"]);
  } catch (error) {
    if (error instanceof MatrixError) throw error;
    throw new MatrixError({ status: 0, errcode: "GUICHET_UNREACHABLE", cause: error });
  }
}
