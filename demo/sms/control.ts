import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { lookUntil } from "../bell.ts";
import { CITIZEN } from "../citizen.ts";
import { onlyLocal } from "../serve-app.ts";
import type { MobileNetwork } from "./mobile-network.ts";
import { type PhoneText, RECEIPTS } from "./phone-text.ts";

const LONGEST = 64 * 1024;
const LONGEST_WAIT_MS = 60_000;

const sender = z.string().regex(/^(\+[1-9]\d{6,14}|\d{3,15}|[\w .&-]{1,11})$/, "a number, a short code or a name");
const writing = z.strictObject({ from: sender.optional(), to: sender.optional(), text: z.string().min(1).max(5_000) });
const receipt = z.strictObject({ phone: sender, receipt: z.enum(RECEIPTS) });
const asked = z.strictObject({
  phone: z.string().optional(),
  direction: z.enum(["to_agency", "to_citizen"]).optional(),
  state: z.enum(["waiting", "taken", "refused", "sent", "delivered", "failed"]).optional(),
  after: z.coerce.number().int().optional(),
  wait_ms: z.coerce.number().min(0).max(LONGEST_WAIT_MS).default(0),
});

/** What a program may do with the phones (docs/demo.md). @param number what they write to unless told. */
export function controlPhones(network: MobileNetwork, number: string): Hono {
  const app = new Hono();
  app.use(onlyLocal, bodyLimit({ maxSize: LONGEST }));
  app.get("/", (c) => c.json({ number, connected: network.isBound(), texts: network.texts.length }));
  app.get("/texts", async (c) => {
    const query = asked.safeParse(c.req.query());
    if (!query.success) return c.json({ error: z.prettifyError(query.error) }, 400);
    const look = () => {
      const found = network.texts.filter((text) => fits(text, query.data));
      return found.length === 0 ? undefined : found;
    };
    return c.json({ texts: (await lookUntil(network.bell, look, query.data.wait_ms)) ?? [] });
  });
  app.post("/texts", async (c) => {
    const body = writing.safeParse(await readJson(c.req.raw));
    if (!body.success) return c.json({ error: z.prettifyError(body.error) }, 400);
    const { from = CITIZEN.phone, to = number, text } = body.data;
    const written = await network.write({ from, to, text });
    return c.json(written, written.state === "taken" ? 201 : written.state === "refused" ? 422 : 503);
  });
  app.post("/receipts", async (c) => {
    const body = receipt.safeParse(await readJson(c.req.raw));
    if (!body.success) return c.json({ error: z.prettifyError(body.error) }, 400);
    network.setReceipt(body.data.phone, body.data.receipt);
    return c.json(body.data);
  });
  return app;
}

function fits(text: PhoneText, { phone, direction, state, after }: z.output<typeof asked>): boolean {
  const own = text.direction === "to_agency" ? text.from : text.to;
  return (
    (phone === undefined || own === phone) &&
    (direction === undefined || text.direction === direction) &&
    (state === undefined || text.state === state) &&
    (after === undefined || text.id > after)
  );
}

/** Only what says that it is JSON: a form of a foreign page cannot. @returns undefined for anything else. */
async function readJson(request: Request): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) return undefined;
  return request.json().catch(() => undefined);
}
