import type { InboundMessage, Visit } from "../../src/adapter/index.ts";
import { compose } from "./compose.ts";
import { fieldsIn } from "./fields.ts";
import { type Asked, agencyTexts, type Form, readAsked, readSecrets } from "./form-context.ts";
import { makeCaseLink } from "./guard/case-link.ts";
import { makeFormToken } from "./guard/form-token.ts";
import { placeOf, readHistory, type SaidByCitizen } from "./history.ts";
import { type FormParts, formPage } from "./pages/form-page.ts";
import { noticePage } from "./pages/notice-page.ts";
import { inLanguage, renderPage } from "./pages/page.ts";
import { receiptPage } from "./pages/receipt-page.ts";
import { type Answers, type Fault, readForm } from "./read-form.ts";
import { busyPage, findObjection, type Intake, type Objection, type Submission, takeSubmission } from "./submission.ts";
import { asAttachments } from "./upload/accept-files.ts";

const DAY_MS = 24 * 60 * 60_000;
const PURPOSE = "form";

export const untilOf = ({ settings, host }: Form) => new Date(host.now().getTime() + settings.follow_up_days * DAY_MS);
export const dedupeKeyOf = (nonce: string) => `form-${nonce}`;

/** Shows the empty form. */
export async function openForm(form: Form, request: Request): Promise<Response> {
  const asked = readAsked(form, request);
  const secrets = await readSecrets(form);
  const token = makeFormToken(secrets.key, PURPOSE, form.host.now());
  const challenge = await secrets.challenge(token.nonce);
  // Whoever goes back to it, as after a page that says "wait", finds what they have typed.
  const headers = { "cache-control": "private, no-cache" };
  return renderPage(formPage(partsOf(form, asked, { token: token.text, challenge })), { headers });
}

const partsOf = (
  form: Form,
  asked: Asked,
  parts: Pick<FormParts, "token" | "challenge"> & Partial<FormParts>,
): FormParts => ({
  ...asked,
  settings: form.settings,
  agency: form.host.languages,
  ...parts,
});

/** Takes a form that was filled in: the receipt is shown once the message is durable. */
export const takeForm = (intake: Intake, request: Request, visit: Visit): Promise<Response> =>
  takeSubmission(intake, { request, visit, purpose: PURPOSE }, (submission) => judgeForm(intake, submission));

async function judgeForm(intake: Intake, submission: Submission): Promise<Response> {
  const { form } = intake;
  const { asked, token, filled, fileFaults } = submission;
  const objection = await findObjection(intake, submission);
  if (objection) {
    // A double click may meet a guard that the first one has passed.
    const isKnown = token && (await form.host.inbox.numberOf(dedupeKeyOf(token.nonce)));
    if (!isKnown) return again(form, submission, objection);
  }
  const { answers, faults } = readForm(asked.fields, filled, {
    answerVia: form.settings.answer_via,
    needsConsent: form.settings.privacy.consent,
    country: form.settings.country,
  });
  // In the order in which the fields stand.
  const isConsent = ({ field }: Fault) => field === "consent";
  const all = [...faults.filter((each) => !isConsent(each)), ...fileFaults, ...faults.filter(isConsent)];
  if (token === undefined || all.length > 0) return again(form, submission, { status: 422 }, all);
  try {
    return await accept(form, submission, { nonce: token.nonce, answers });
  } catch (error) {
    form.host.log.warn(
      { code: "FORM_NOT_STORED", err: error instanceof Error ? error.name : undefined },
      "a form waits",
    );
    const text = asked.texts.say("notice.busy");
    return again(form, submission, { status: 503, text, headers: { "retry-after": "60" } });
  }
}

/** Shows the form once more with all that was filled in, and what is wrong with it. */
async function again(
  form: Form,
  submission: Submission,
  { status, text, headers = {} }: Omit<Objection, "text"> & { readonly text?: string },
  faults: readonly Fault[] = [],
): Promise<Response> {
  const { asked, filled } = submission;
  const { token, challenge, kept, faults: more } = await submission.renew();
  const parts = partsOf(form, asked, {
    token,
    challenge,
    kept,
    filled: filled.fields,
    faults: [...faults, ...more],
    ...(text === undefined ? {} : { notice: { text } }),
  });
  return renderPage(formPage(parts), { status, headers });
}

async function accept(
  form: Form,
  submission: Submission,
  { nonce, answers }: { readonly nonce: string; readonly answers: Answers },
): Promise<Response> {
  const { host, settings } = form;
  const { asked, files, digest } = submission;
  const texts = agencyTexts(form);
  const composed = compose(answers, {
    fields: fieldsIn(settings.fields, texts, host.languages),
    texts,
    written: asked.texts,
    nonce,
  });
  // The citizen finds it again in the language in which it was written.
  const own = compose(answers, { fields: asked.fields, texts: asked.texts, written: asked.texts, nonce });
  const at = host.now();
  const message: InboundMessage = {
    dedupeKey: dedupeKeyOf(nonce),
    remoteId: dedupeKeyOf(nonce),
    from: composed.from,
    to: form.publicUrl,
    receivedAt: at,
    ...(composed.subject === undefined ? {} : { subject: composed.subject }),
    text: composed.text,
    html: composed.html,
    remarks: composed.remarks,
    ...(composed.answerVia === undefined ? {} : { answerVia: composed.answerVia }),
    // Anybody can type any name and address into a form.
    trust: { verdict: "unverified" },
    thread: { references: [] },
    isNumbered: true,
    automatic: false,
    attachments: asAttachments(files),
  };
  const acceptance = await host.inbox.accept(message);
  if (acceptance === "refused") return renderPage(noticePage(asked, "refused"), { status: 403 });
  const found = await host.inbox.numberOf(message.dedupeKey);
  if (!found) return renderPage(receiptPage({ ...asked, timeZone: settings.time_zone, at }));
  if (acceptance === "duplicate" && (await isOther(form, found.token, { nonce, digest }))) {
    const text = asked.texts.say("notice.spent", { number: found.number });
    return again(form, submission, { status: 409, text });
  }
  const until = untilOf(form);
  const said: SaidByCitizen = {
    by: "citizen",
    at: at.toISOString(),
    text: own.text,
    digest,
    from: composed.from,
    language: asked.texts.language,
    answerVia: answers.answerVia,
    ...(composed.answerVia === undefined ? {} : { answerTo: composed.answerVia.address }),
    files: files.map(({ name, file }) => ({ name, size: file.size })),
    closes: false,
  };
  await host.shelf.put({ place: placeOf(found.token), key: nonce, text: JSON.stringify(said), until, files: [] });
  const { key } = await readSecrets(form);
  const link = makeCaseLink(key, { ...found, until });
  const location = inLanguage(`${asked.site.path}/case/${link}/receipt`, asked.texts);
  return new Response(null, { status: 303, headers: { location } });
}

/** Whether the form was sent before with other words in it, as by somebody who went back to it. */
async function isOther(
  { host }: Form,
  token: string,
  { nonce, digest }: { readonly nonce: string; readonly digest: string },
): Promise<boolean> {
  const before = (await readHistory(host.shelf, token)).find(({ key }) => key === nonce)?.said;
  return before?.by === "citizen" && before.digest !== digest;
}

/** Pages that cannot be had say so, whatever the store throws. */
export async function orBusy(form: Form, request: Request, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    form.host.log.warn({ code: "FORM_UNAVAILABLE", err: error instanceof Error ? error.name : undefined }, "no page");
    return busyPage(readAsked(form, request));
  }
}
