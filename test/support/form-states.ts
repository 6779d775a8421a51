import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { FormSite } from "./form-site.ts";
import { openFormSite } from "./form-site.ts";
import { type AskOptions, ask, caseUrlOf, type Page, type PostedFile, post, tokenOf } from "./form-visitor.ts";

/** A page that citizens may meet, as it was answered. */
export interface FormState {
  readonly name: string;
  readonly status: number;
  readonly page: Page;
}

export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const file = (name: string, bytes: Buffer): PostedFile => ({ name, open: () => Readable.from([bytes]) });

/** Every kind of field, some of whose words are not in the page's language. */
export const ALL_FIELDS = {
  least_seconds: 0,
  answer_via: ["email", "sms"],
  country: "FR",
  time_zone: "Europe/Paris",
  limits: { per_address_unproven: 1000, per_address: 1000 },
  privacy: { url: "https://town.example/privacy" },
  fields: [
    { kind: "name", required: true },
    { kind: "email" },
    { kind: "phone" },
    {
      kind: "choice",
      name: "topic",
      required: true,
      label: { en: "What is it about?", fr: "De quoi s’agit-il ?" },
      options: ["roads", "waste", "other"].map((value) => ({ value, label: { en: value, fr: `${value} (fr)` } })),
    },
    {
      kind: "choice",
      name: "district",
      label: { en: "District" },
      options: Array.from({ length: 8 }, (_, at) => ({ value: `d${at}`, label: `District ${at}` })),
    },
    { kind: "date", name: "seen", label: { en: "When did you notice it?" } },
    { kind: "checkbox", name: "urgent", required: true, label: { en: "I have read the rules" } },
    { kind: "subject" },
    { kind: "message", required: true },
  ],
};
export const TOWN = {
  languages: ["en", "fr"],
  agencyNames: new Map([
    ["en", "Town Hall"],
    ["fr", "Mairie"],
    ["ar", "البلدية"],
  ]),
};

const GOOD = {
  name: "Anna Martin",
  email: "anna@example.org",
  phone: "06 12 34 56 78",
  topic: "roads",
  district: "d3",
  urgent: "1",
  consent: "1",
  answer: "email",
  message: 'Bonjour,\n\n  <b>lampe</b> & "rue"',
};

/** An answer with what answers may have, on the citizen's page. */
export async function answerTo({ bridge }: Pick<FormSite, "bridge">, token: string): Promise<void> {
  const plan = { name: "plan.png", type: "image/png", size: PNG.length, open: async () => Readable.from([PNG]) };
  await bridge.send?.(
    {
      deliveryId: `${token}-1`,
      attempt: 1,
      fromName: "Town Hall",
      to: { address: "anna@example.org" },
      text: "It is repaired this week",
      html: '<p>It is repaired <strong>this week</strong>.</p><table><thead><tr><th>Day</th></tr></thead><tbody><tr><td>Monday</td></tr></tbody></table><p><a href="https://town.example">More</a></p>',
      attachments: [plan],
      thread: { token, references: [] },
      writtenAt: new Date(),
    },
    new AbortController().signal,
  );
}

/** Meets every page that a form has, without a browser. @param language of the pages. */
export async function meetAll(language: string): Promise<FormState[]> {
  return [...(await meetForm(language)), ...(await meetGuards(language))];
}

function collect() {
  const states: FormState[] = [];
  return {
    states,
    add(name: string, status: number, page: Page): Page {
      states.push({ name, status, page });
      return page;
    },
  };
}

const inLanguage = (url: string, language: string) => `${url}?lang=${language}`;
const fieldsOf = (values: Readonly<Record<string, string>>) => Object.entries(values);

/** The way from the empty form to the closed case, and away from it. */
async function meetForm(language: string): Promise<FormState[]> {
  let now = Date.now();
  let answers: "accepted" | "refused" | "away" = "accepted";
  const site = await openFormSite(ALL_FIELDS, { ...TOWN, now: () => new Date(now) });
  site.host.answer = () => {
    if (answers === "away") throw new Error("no database");
    return answers === "refused" ? "refused" : undefined;
  };
  const { states, add } = collect();
  const url = inLanguage(site.url, language);
  const fresh = async () => tokenOf(await ask(url));
  const send = async (
    values: Readonly<Record<string, string>>,
    files: readonly PostedFile[] = [],
    more: AskOptions = {},
  ) => post(url, { fields: fieldsOf({ token: await fresh(), ...values }), files }, more);
  try {
    add("form", 200, await ask(url));
    const wrong = { email: "not an address", phone: "12", topic: "none", answer: "sms" };
    add("all faults", 422, await send(wrong, [file("lamp.png", PNG), file("trick.pdf", Buffer.from("MZ\0"))]));
    answers = "away";
    add("store away", 503, await send(GOOD));
    answers = "refused";
    add("refused", 403, await send(GOOD));
    answers = "accepted";
    add("from another site", 403, await send(GOOD, [], { headers: { "sec-fetch-site": "cross-site" } }));
    add("broken", 400, await ask(url, { method: "POST", headers: { "content-type": "multipart/form-data" } }));
    add("no form of ours", 403, await post(url, { fields: fieldsOf({ ...GOOD, token: "x" }) }));
    const token = await fresh();
    const once = () => post(url, { fields: fieldsOf({ ...GOOD, token }), files: [file("lamp.png", PNG)] });
    const address = caseUrlOf(add("receipt", 200, await once()));
    add("spent", 409, await post(url, { fields: fieldsOf({ ...GOOD, message: "Other", token }) }));
    const page = add("case without an answer", 200, await ask(address));
    await answerTo(site, /\/case\/([^.]+)\./.exec(address)?.[1] ?? "");
    add("case with an answer", 200, await ask(address));
    add("case with an error", 422, await post(address, { fields: fieldsOf({ token: tokenOf(page), message: "" }) }));
    const more = await post(address, { fields: fieldsOf({ token: tokenOf(page), message: "Merci !" }) });
    add("case, sent", 200, more);
    const end = fieldsOf({ token: tokenOf(await ask(address)), act: "close" });
    add("closed case", 200, await post(address, { fields: end }));
    add("no such case", 404, await ask(inLanguage(`${site.url}/case/x.1.zzz.AAAA`, language)));
    add("guichet's own page", 404, await ask(`${site.url}/nothing`, { headers: { "accept-language": language } }));
    now += 100 * 24 * 60 * 60_000;
    add("expired link", 410, await ask(address));
    return states;
  } finally {
    await site.close();
  }
}

/** Guards, and limits of size, time and number. */
async function meetGuards(language: string): Promise<FormState[]> {
  const { states, add } = collect();
  const meet = async (
    settings: Readonly<Record<string, unknown>>,
    work: (url: string, site: FormSite) => Promise<void>,
  ) => {
    const site = await openFormSite({ least_seconds: 0, ...settings }, TOWN);
    try {
      await work(inLanguage(site.url, language), site);
    } finally {
      await site.close();
    }
  };
  const send = async (url: string, more: Readonly<Record<string, string>> = {}) =>
    post(url, { fields: fieldsOf({ ...GOOD, token: tokenOf(await ask(url)), ...more }) });
  await meet({ least_seconds: 60 }, async (url) => {
    add("too quick", 422, await send(url));
  });
  await meet({ limits: { per_address: 2, per_address_unproven: 1 } }, async (url) => {
    add("into the trap", 422, await send(url, { website: "x" }));
    await send(url);
    add("too many", 429, await send(url));
  });
  await meet({ limits: { per_address_unproven: 1 } }, async (url) => {
    await send(url);
    add("too many without a proof of work", 429, await send(url));
  });
  await meet({ limits: { per_second: 1 } }, async (url) => {
    const token = tokenOf(await ask(url));
    const all = await Promise.all([...Array(8)].map(() => post(url, { fields: fieldsOf({ ...GOOD, token }) })));
    const late = all.find(({ status }) => status === 503);
    if (late === undefined) throw new Error("eight posts at once were not too many for one a second");
    add("flood", 503, late);
  });
  await meet({ limits: { body_seconds: 1, at_once: 1 } }, async (url) => {
    const body = new Readable({ read() {} });
    body.push('--b\r\nContent-Disposition: form-data; name="message"\r\n\r\nslow');
    const slow = ask(url, { method: "POST", headers: { "content-type": "multipart/form-data; boundary=b" }, body });
    await new Promise((resolve) => setTimeout(resolve, 200));
    add("busy", 503, await send(url));
    add("too slow", 408, await slow);
    body.destroy();
  });
  await meet({ files: { bytes_each: 1024, bytes_total: 1024 } }, async (url) => {
    const huge = { name: "x.png", open: () => Readable.from([Buffer.alloc(1_000_000)]) };
    add("too large", 413, await post(url, { fields: [["token", tokenOf(await ask(url))]], files: [huge] }));
  });
  return states;
}

/** Bytes as they are, and as a proxy that compresses sends them. */
export const sizesOf = ({ body }: Page) => ({ plain: body.length, packed: gzipSync(body).length });
