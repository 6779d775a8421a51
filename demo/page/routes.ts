import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import type { Bell } from "../bell.ts";
import { onlyLocal } from "../serve-app.ts";
import { type Actions, type Form, Refused } from "./act.ts";
import { streamRegions } from "./live.ts";
import type { Scene } from "./scene.ts";
import { addressOf, readSelection, type Selection } from "./selection.ts";
import { type Citizen, type Problem, viewDocument, viewRegions } from "./view/document.ts";

export interface PageParts {
  readonly bell: Bell;
  readonly citizen: Citizen;
  /** Origin of the web form, which the page shows in a frame. */
  readonly formOrigin: string | undefined;
  readonly actions: Actions;
  gather(open: Selection): Promise<Scene>;
  /** A file of the room, as the agent may see it. */
  media(mxc: string): Promise<{ type: string; content: Buffer } | undefined>;
  mailFile(mail: string, place: number): Promise<{ name: string; content: Buffer } | undefined>;
  /** Somebody watches, until what it returns is called. */
  watch(): () => void;
  /** Resolves when what was done can be seen, or a moment later. */
  seen(): Promise<void>;
}

const LARGEST = 12_000_000;
const PICTURES = /^image\/(png|jpeg|gif|webp)$/;

export function routePage(parts: PageParts): Hono {
  const app = new Hono();
  app.use(onlyLocal, csrf(), bodyLimit({ maxSize: LARGEST }));
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(headers(parts.formOrigin)))
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  });
  const page = async (c: Context, open: Selection, problem?: Problem) =>
    c.html(viewDocument(await parts.gather(open), parts.citizen, problem), problem === undefined ? 200 : 422);

  app.get("/", (c) => page(c, readSelection(c.req.query())));
  app.get("/events", (c) => {
    const open = readSelection(c.req.query());
    return streamRegions(
      c,
      parts.bell,
      async () => viewRegions(await parts.gather(open), parts.citizen),
      parts.watch(),
    );
  });
  for (const [path, form, place] of [
    ["/mails", "mail", "inbox"],
    ["/texts", "text", "phone"],
    ["/answers", "answer", "room"],
  ] as const) {
    app.post(path, async (c) => {
      const open = readSelection(c.req.query());
      const given: Form = await c.req.parseBody({ all: true });
      const asksJson = c.req.header("accept") === "application/json";
      try {
        const done = await parts.actions[form](given);
        const next = addressOf({ ...open, ...done }, form === "answer" ? { reply: undefined } : {});
        if (asksJson) return c.json({ next });
        await parts.seen();
        return c.redirect(`${next}#${place}`, 303);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (asksJson) return c.json({ problem: error.message }, 422);
        return page(c, open, { form, words: error.message, typed: typeof given.text === "string" ? given.text : "" });
      }
    });
  }
  app.get("/media/:server/:id", async (c) => {
    const { server, id } = c.req.param();
    if (!/^[\w.:-]+$/.test(server) || !/^[\w-]+$/.test(id)) return c.notFound();
    const file = await parts.media(`mxc://${server}/${id}`);
    return file === undefined ? c.notFound() : sendFile(c, file.content, file.type);
  });
  app.get("/mails/:name/:place{[0-9]+}", async (c) => {
    const file = await parts.mailFile(c.req.param("name"), Number(c.req.param("place")));
    return file === undefined ? c.notFound() : sendFile(c, file.content, "application/octet-stream");
  });
  for (const [name, type] of [
    ["page.css", "text/css; charset=utf-8"],
    ["page.js", "text/javascript; charset=utf-8"],
    ["icon.svg", "image/svg+xml"],
  ] as const) {
    const content = readFile(join(import.meta.dirname, "client", name));
    app.get(`/${name}`, async (c) => c.body(new Uint8Array(await content), 200, { "content-type": type }));
  }
  return app;
}

/** What a stranger sent is shown as a picture or handed over as a file, and never as a page. */
function sendFile(c: Context, content: Buffer, type: string): Response {
  const isPicture = PICTURES.test(type);
  return c.body(new Uint8Array(content), 200, {
    "content-type": isPicture ? type : "application/octet-stream",
    "content-disposition": isPicture ? "inline" : "attachment",
    "content-security-policy": "default-src 'none'; sandbox",
  });
}

const headers = (formOrigin: string | undefined): Readonly<Record<string, string>> => ({
  "content-security-policy": [
    "default-src 'none'",
    ...["style-src", "script-src", "img-src", "connect-src", "form-action"].map((what) => `${what} 'self'`),
    `frame-src ${formOrigin ?? "'none'"}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  // With none at all, a form's Origin would be null.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
});
