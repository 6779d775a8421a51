import { readFile } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { SmppSettings } from "./settings.ts";

/** Certificates that the settings name, read once. */
export type TlsFiles = Pick<ConnectionOptions, "ca" | "cert" | "key">;

/** @throws Error for a file that cannot be read. */
export async function readTlsFiles({ ca, cert, key }: SmppSettings): Promise<TlsFiles> {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
  const [caFile, certFile, keyFile] = await Promise.all([read(ca), read(cert), read(key)]);
  return {
    ...(caFile === undefined ? {} : { ca: caFile }),
    ...(certFile === undefined ? {} : { cert: certFile }),
    ...(keyFile === undefined ? {} : { key: keyFile }),
  };
}

const LIMIT_MS = 15_000;

/** Resolves with a socket that is connected, its certificate checked; rejects after 15 s, or when the signal aborts. */
export async function connect(
  { host, port, tls }: SmppSettings,
  files: TlsFiles,
  signal: AbortSignal,
): Promise<Socket> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  until.throwIfAborted();
  const socket =
    tls === "none" ? createConnection({ host, port }) : connectTls({ host, port, servername: nameOf(host), ...files });
  // Whatever goes wrong is seen by `close`; without a listener an error would end the process.
  socket.on("error", () => {});
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(tls === "none" ? "connect" : "secureConnect", resolve);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the connection was closed")));
  const end = () => socket.destroy();
  until.addEventListener("abort", end, { once: true });
  try {
    await promise;
    socket.setNoDelay(true);
    return socket;
  } catch (fault) {
    socket.destroy();
    throw fault;
  } finally {
    until.removeEventListener("abort", end);
  }
}

/** A name to check the certificate for; Server Name Indication takes no addresses (RFC 6066, 3). */
const nameOf = (host: string) => (/^[\d.]+$|:/.test(host) ? "" : host);
