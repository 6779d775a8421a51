import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { freePort } from "../setup/free-port.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
};

/** Serves a built Matrix web client from a folder, told to use our homeserver. @returns its address, and how to stop. */
export async function serveClient(folder: string, homeserver: string): Promise<{ url: string; stop(): void }> {
  const config = JSON.stringify({
    defaultHomeserver: 0,
    homeserverList: [homeserver],
    allowCustomHomeservers: true,
    hashRouter: { enabled: true, basename: "/" },
  });
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname));
    if (path === "/config.json") return void response.setHeader("content-type", "application/json").end(config);
    const file = join(folder, path);
    const found = existsSync(file) && statSync(file).isFile() ? file : join(folder, "index.html");
    response.setHeader("content-type", TYPES[extname(found)] ?? "application/octet-stream");
    createReadStream(found).pipe(response);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
