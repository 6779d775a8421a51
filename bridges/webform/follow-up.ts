import { toWebStream, type Visit } from "../../src/adapter/index.ts";
import { type Asked, agencyTexts, type Form, readAsked, readSecrets, type Secrets } from "./form-context.ts";
import { type CaseLink, makeCaseLink, readCaseLink } from "./guard/case-link.ts";
import { makeFormToken } from "./guard/form-token.ts";
import { placeOf, readHistory, type SaidByCitizen, type Spoken } from "./history.ts";
import { type CaseParts, casePage } from "./pages/case-page.ts";
import { noticePage } from "./pages/notice-page.ts";
import { inLanguage, renderPage } from "./pages/page.ts";
import { receiptPage } from "./pages/receipt-page.ts";
import { type Fault, firstOf } from "./read-form.ts";
import { dedupeKeyOf, untilOf } from "./receive.ts";
import { findObjection, type Intake, type Objection, type Submission, takeSubmission } from "./submission.ts";
import { asAttachments } from "./upload/accept-files.ts";

const MOST_CHARACTERS = 20_000;

/** The page of one conversation, for who has its link. */
interface OpenCase {
  readonly link: CaseLink;
  readonly asked: Asked;
  readonly secrets: Secrets;
  readonly history: readonly Spoken[];
  /** Path of the page. */
  readonly path: string;
}

/** @returns the case, or the page that says why there is none. */
async function openCase(form: Form, request: Request, text: string): Promise<OpenCase | Response> {
  const asked = readAsked(form, request);
  const secrets = await readSecrets(form);
  const link = readCaseLink(secrets.key, text);
  if (link === undefined) return renderPage(noticePage(asked, "missing"), { status: 404 });
  const isOver = link.until.getTime() <= form.host.now().getTime();
  const history = isOver ? [] : await readHistory(form.host.shelf, link.token);
  if (history.length === 0) return renderPage(noticePage(asked, "gone"), { status: 410 });
  return { link, asked, secrets, history, path: `${asked.site.path}/case/${text}` };
}

const purposeOf = ({ token }: CaseLink) => `case ${token}`;
const linkOf = ({ parameters }: Visit) => parameters.link ?? "";

/** Who writes here: as they wrote first. */
const writerOf = (history: readonly Spoken[]) =>
  history.map(({ said }) => said).find((said): said is SaidByCitizen => said.by === "citizen");

export async function showCase(form: Form, request: Request, visit: Visit): Promise<Response> {
  const open = await openCase(form, request, linkOf(visit));
  if (open instanceof Response) return open;
  void tellRead(form, open);
  const token = makeFormToken(open.secrets.key, purposeOf(open.link), form.host.now());
  const writing = {
    token: token.text,
    challenge: await open.secrets.challenge(token.nonce),
    message: "",
    kept: [],
  };
  const isSent = new URL(request.url).searchParams.has("sent");
  return renderPage(casePage({ ...partsOf(form, open, writing), isSent }));
}

const partsOf = (form: Form, open: OpenCase, writing: NonNullable<CaseParts["writing"]>): CaseParts => ({
  ...open.asked,
  settings: form.settings,
  number: open.link.number,
  until: open.link.until,
  path: open.path,
  history: open.history,
  // An address to answer from is known only of a citizen who wrote here.
  ...(writerOf(open.history) === undefined ? {} : { writing }),
});

/** Agents see that an answer was opened. Said again at each visit; the core keeps it once. */
async function tellRead({ host }: Form, { history }: OpenCase): Promise<void> {
  const deliveryIds = history.flatMap(({ key, said }) => (said.by === "agency" && !said.isAutomatic ? [key] : []));
  for (const deliveryId of deliveryIds.slice(-3)) {
    const receipt = { about: { deliveryIds: [deliveryId] }, state: "read", code: "FORM_READ", at: host.now() } as const;
    // News only: the page does not depend on it.
    await host.inbox.receipt(receipt).catch(() => undefined);
  }
}

export async function showReceipt(form: Form, request: Request, visit: Visit): Promise<Response> {
  const open = await openCase(form, request, linkOf(visit));
  if (open instanceof Response) return open;
  const { asked, link, history, path } = open;
  const said = writerOf(history);
  const address = `${new URL(form.publicUrl).origin}${inLanguage(path, asked.texts)}`;
  return renderPage(
    receiptPage({
      ...asked,
      timeZone: form.settings.time_zone,
      at: said === undefined ? form.host.now() : new Date(said.at),
      found: { number: link.number, address, until: link.until, said },
    }),
  );
}

/** Hands out a file of an answer. */
export async function sendFile(form: Form, request: Request, visit: Visit): Promise<Response> {
  const open = await openCase(form, request, linkOf(visit));
  if (open instanceof Response) return open;
  const { entry = "", place = "" } = visit.parameters;
  const file = open.history.find(({ key }) => key === entry)?.files[Number(place)];
  const content = file && (await form.host.shelf.open(placeOf(open.link.token), entry, Number(place)));
  if (!file || !content) return renderPage(noticePage(open.asked, "missing"), { status: 404 });
  const body = toWebStream(content);
  return new Response(body, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(file.size),
      "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)}`,
    },
  });
}

/** Takes what a citizen writes, or does, on their page. */
export async function takeCasePost(intake: Intake, request: Request, visit: Visit): Promise<Response> {
  const { form } = intake;
  const open = await openCase(form, request, linkOf(visit));
  if (open instanceof Response) return open;
  const writer = writerOf(open.history);
  if (!writer) return renderPage(noticePage(open.asked, "gone"), { status: 410 });
  return takeSubmission(intake, { request, visit, purpose: purposeOf(open.link) }, async (submission) => {
    const { asked, filled, token, fileFaults } = submission;
    const again = (objection: Omit<Objection, "text"> & { readonly text?: string }, faults: readonly Fault[] = []) =>
      writeAgain(form, open, submission, objection, faults);
    const spent = open.history.find(({ key }) => key === token?.nonce)?.said;
    if (spent && (spent.by !== "citizen" || spent.digest !== submission.digest)) {
      const text = asked.texts.say("notice.spent", { number: open.link.number });
      return again({ status: 409, text });
    }
    const objection = spent ? undefined : await findObjection(intake, submission);
    if (objection) return again(objection);
    const closes = firstOf(filled, "act") === "close";
    const text = closes ? "" : firstOf(filled, "message").replace(/\r\n?/g, "\n").trim();
    const faults = closes ? [] : [...judgeWords(text, asked), ...fileFaults];
    if (token === undefined || faults.length > 0) return again({ status: 422 }, faults);
    try {
      return await acceptMore(form, open, submission, { nonce: token.nonce, text, closes, writer });
    } catch (error) {
      form.host.log.warn(
        { code: "FORM_NOT_STORED", err: error instanceof Error ? error.name : undefined },
        "a form waits",
      );
      return again({ status: 503, text: asked.texts.say("notice.busy"), headers: { "retry-after": "60" } });
    }
  });
}

function judgeWords(text: string, { texts }: Asked): Fault[] {
  const field = texts.say("field.message");
  const length = [...text].length;
  if (text === "") return [{ field: "message", key: "fault.missing", values: { field } }];
  if (length <= MOST_CHARACTERS) return [];
  return [{ field: "message", key: "fault.too-long", values: { field, length, most: MOST_CHARACTERS } }];
}

async function writeAgain(
  form: Form,
  open: OpenCase,
  submission: Submission,
  { status, text, headers = {} }: Omit<Objection, "text"> & { readonly text?: string },
  faults: readonly Fault[],
): Promise<Response> {
  const { token, challenge, kept, faults: more } = await submission.renew();
  const writing = { token, challenge, kept, message: firstOf(submission.filled, "message") };
  const parts = { ...partsOf(form, open, writing), faults: [...faults, ...more] };
  return renderPage(casePage(text === undefined ? parts : { ...parts, notice: { text } }), { status, headers });
}

async function acceptMore(
  form: Form,
  { link, asked, path }: OpenCase,
  { files, digest, secrets }: Submission,
  written: { readonly nonce: string; readonly text: string; readonly closes: boolean; readonly writer: SaidByCitizen },
): Promise<Response> {
  const { host } = form;
  const { nonce, text, closes, writer } = written;
  const at = host.now();
  const acceptance = await host.inbox.accept({
    dedupeKey: dedupeKeyOf(nonce),
    remoteId: dedupeKeyOf(nonce),
    from: writer.from,
    to: form.publicUrl,
    receivedAt: at,
    text: closes ? agencyTexts(form).say("agent.closed") : text,
    trust: { verdict: "unverified" },
    thread: { token: link.token, references: [] },
    // A button was pressed: there is nothing to answer.
    automatic: closes,
    attachments: closes ? [] : asAttachments(files),
  });
  if (acceptance === "refused") return renderPage(noticePage(asked, "refused"), { status: 403 });
  const said: SaidByCitizen = {
    ...writer,
    at: at.toISOString(),
    text,
    digest,
    files: closes ? [] : files.map(({ name, file }) => ({ name, size: file.size })),
    closes,
  };
  const until = untilOf(form);
  await host.shelf.put({ place: placeOf(link.token), key: nonce, text: JSON.stringify(said), until, files: [] });
  // The page is kept longer now: so is the link to it.
  const renewed = makeCaseLink(secrets.key, { ...link, until });
  const next = path.replace(/[^/]*$/, renewed);
  const location = `${inLanguage(next, asked.texts)}${closes ? "" : "&sent"}`;
  return new Response(null, { status: 303, headers: { location } });
}
