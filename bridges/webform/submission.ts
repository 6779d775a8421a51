import { createHash } from "node:crypto";
import type { Visit } from "../../src/adapter/index.ts";
import { type Asked, type Form, readAsked, readSecrets, type Secrets } from "./form-context.ts";
import type { Admission } from "./guard/admission.ts";
import { type FormToken, makeFormToken, readFormToken } from "./guard/form-token.ts";
import { isOwnOrigin } from "./guard/origin.ts";
import type { KeptFile } from "./pages/form-page.ts";
import { noticePage } from "./pages/notice-page.ts";
import { renderPage } from "./pages/page.ts";
import { isolate, sayBytes, sayTypes } from "./pages/say.ts";
import { type Fault, firstOf } from "./read-form.ts";
import type { TextKey } from "./text-keys.ts";
import { type CheckedFile, checkFiles } from "./upload/accept-files.ts";
import { type KeptFiles, removeAll } from "./upload/kept-files.ts";
import { type FileFault, type Post, PostError, type PostFault, readPost } from "./upload/read-post.ts";
import type { SpooledFile } from "./upload/spool.ts";

/** What posts of one form share. */
export interface Intake {
  readonly form: Form;
  readonly admission: Admission;
  readonly kept: KeptFiles;
  /** Does one after the other what comes with the same token: a double click. */
  inTurn<Result>(nonce: string, work: () => Promise<Result>): Promise<Result>;
}

/** A post that was read whole, and may still be refused. */
export interface Submission {
  readonly asked: Asked;
  readonly secrets: Secrets;
  readonly filled: Pick<Post, "fields" | "cut">;
  /** Undefined when the post does not come from a form of ours. */
  readonly token: FormToken | undefined;
  readonly visit: Visit;
  readonly files: readonly CheckedFile[];
  readonly fileFaults: readonly Fault[];
  /** Of all that was filled in: the same for the same post once more. */
  readonly digest: string;
  /** What the form comes back with; the files wait for it. */
  renew(): Promise<Renewed>;
}

export interface Renewed {
  readonly token: string;
  readonly challenge: string;
  readonly kept: readonly KeptFile[];
  readonly faults: readonly Fault[];
}

const STALE_MS = 24 * 60 * 60_000;
/** Beyond the files: words and what stands around them. In bytes. */
const WORDS_BYTES = 512 * 1024;
const MOST_FIELDS = 120;
/** A file that is too large is still read so far beyond, for a page that says so. */
const DRAINED = 4;

/** Largest body that is read for a page that says what is wrong with it. */
export const bodyBytes = ({ files }: Form["settings"]) => DRAINED * files.bytes_total + WORDS_BYTES;

const STATUS: Readonly<Record<PostFault, number>> = { broken: 400, unsupported: 415, large: 413, slow: 408 };

/**
 * Reads a post, and hands it on when it may be one of a citizen. Nothing of it lies about when it has ended, but for
 * files that wait for the form to be sent once more.
 * @param purpose of the form's token. @throws what the store throws.
 */
export async function takeSubmission(
  intake: Intake,
  { request, visit, purpose }: { readonly request: Request; readonly visit: Visit; readonly purpose: string },
  judge: (submission: Submission) => Promise<Response>,
): Promise<Response> {
  const { form, admission } = intake;
  const asked = readAsked(form, request);
  if (!isOwnOrigin(request.headers, form.publicUrl)) return renderPage(noticePage(asked, "foreign"), { status: 403 });
  const seconds = admission.knock(visit.peer);
  if (seconds > 0) return floodPage(asked, seconds);
  using place = admission.takePlace(visit.peer);
  if (place === undefined) return busyPage(asked);
  const secrets = await readSecrets(form);
  const { settings } = form;
  let post: Post;
  try {
    post = await readPost(request, {
      files: settings.files.most,
      bytesEach: settings.files.bytes_each,
      bytesTotal: settings.files.bytes_total,
      bodyBytes: bodyBytes(settings),
      fields: MOST_FIELDS,
      fieldBytes: WORDS_BYTES / 2,
      milliseconds: settings.limits.body_seconds * 1000,
    });
  } catch (error) {
    if (!(error instanceof PostError)) throw error;
    return postFaultPage(form, asked, error.fault);
  }
  const token = readFormToken(secrets.key, purpose, firstOf(post, "token"));
  const read = () => readSubmission(intake, { asked, secrets, post, token, visit, purpose }, judge);
  return token === undefined ? read() : intake.inTurn(token.nonce, read);
}

interface ReadPost extends Pick<Submission, "asked" | "secrets" | "token" | "visit"> {
  readonly post: Post;
  readonly purpose: string;
}

async function readSubmission(
  { form, kept }: Intake,
  { post, purpose, ...read }: ReadPost,
  judge: (submission: Submission) => Promise<Response>,
): Promise<Response> {
  const { asked, secrets, token } = read;
  const wanted = new Set(post.fields.get("kept") ?? []);
  const waited = token === undefined ? [] : kept.take(token.nonce);
  const spooled = [...waited, ...post.files];
  const owned = new Set(spooled);
  try {
    const offered = [...waited.filter((_, place) => wanted.has(String(place))), ...post.files];
    const within = keepWithin(offered, form.settings.files);
    const { checked, faults } = await checkFiles(within.files, form.settings.files.types);
    const isLost = wanted.size > 0 && waited.length === 0 ? [{ is: "files-again", file: "" } as const] : [];
    const fileFaults = [...post.faults, ...within.faults, ...faults, ...isLost].map((fault) =>
      toFault(fault, form, asked),
    );
    return await judge({
      ...read,
      filled: post,
      files: checked,
      fileFaults,
      digest: digestOf(post),
      async renew() {
        const now = form.host.now();
        const isStale = token !== undefined && now.getTime() - token.madeAt.getTime() > STALE_MS;
        const next = makeFormToken(secrets.key, purpose, token === undefined || isStale ? now : token.madeAt);
        const files = checked.map(({ file }) => file);
        for (const file of files) owned.delete(file);
        const areKept = await kept.keep(next.nonce, files);
        return {
          token: next.text,
          challenge: await secrets.challenge(next.nonce),
          kept: areKept ? checked.map(({ name, file }) => ({ name, size: file.size })) : [],
          faults: areKept ? [] : [{ field: "files", key: "fault.files-again" }],
        };
      },
    });
  } finally {
    await removeAll([...owned]);
  }
}

/** Files that came now and files that waited must fit together, too. */
function keepWithin(
  files: readonly SpooledFile[],
  { most, bytes_total }: Form["settings"]["files"],
): { readonly files: readonly SpooledFile[]; readonly faults: readonly FileFault[] } {
  const fitting: SpooledFile[] = [];
  const faults: FileFault[] = [];
  let bytes = 0;
  for (const file of files) {
    const is = fitting.length >= most ? "files-many" : bytes + file.size > bytes_total ? "files-large" : undefined;
    if (is !== undefined) faults.push({ is, file: file.name });
    else {
      fitting.push(file);
      bytes += file.size;
    }
  }
  return { files: fitting, faults };
}

const KEYS: Readonly<Record<FileFault["is"], TextKey>> = {
  "file-large": "fault.file-large",
  "files-large": "fault.files-large",
  "files-many": "fault.files-many",
  "file-empty": "fault.file-empty",
  "file-type": "fault.file-type",
  "files-again": "fault.files-again",
};

function toFault({ is, file }: FileFault, { settings }: Form, { texts }: Asked): Fault {
  const { most, bytes_each, bytes_total, types } = settings.files;
  const [each, total] = [sayBytes(bytes_each, texts), sayBytes(bytes_total, texts)];
  return { field: "files", key: KEYS[is], values: { file: isolate(file), most, each, total, types: sayTypes(types) } };
}

function digestOf({ fields, files }: Post): string {
  // A browser names the button that was pressed, but not when a script sends the form.
  const said = [...fields].filter(
    ([name, values]) => !["token", "proof", "kept"].includes(name) && !(name === "act" && values[0] === "write"),
  );
  const sent = files.map(({ name, size }) => [name, size]);
  return createHash("sha256")
    .update(JSON.stringify([said, sent]))
    .digest("base64url");
}

/** What speaks against a post, apart from what was filled in. */
export interface Objection {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Guards that no citizen meets in the normal run: each lets the same post through when it is sent once more. */
export async function findObjection(
  { form, admission }: Intake,
  submission: Submission,
): Promise<Objection | undefined> {
  const { asked, secrets, filled, token, visit } = submission;
  const { say } = asked.texts;
  if (token === undefined) return { status: 403, text: say("notice.stale") };
  if (firstOf(filled, "website") !== "") return { status: 422, text: say("notice.trap") };
  const age = form.host.now().getTime() - token.madeAt.getTime();
  if (age > STALE_MS) return { status: 422, text: say("notice.stale") };
  if (age < form.settings.least_seconds * 1000) return { status: 422, text: say("notice.fast") };
  if (await secrets.isProven(token.nonce, firstOf(filled, "proof"))) return undefined;
  const seconds = admission.enterUnproven(visit.peer);
  if (seconds === 0) return undefined;
  return { status: 429, text: say("notice.flood", { seconds }), headers: { "retry-after": String(seconds) } };
}

const floodPage = (asked: Asked, seconds: number) =>
  renderPage(noticePage(asked, "flood", { seconds }), { status: 429, headers: { "retry-after": String(seconds) } });

export const busyPage = (asked: Asked) =>
  renderPage(noticePage(asked, "busy"), { status: 503, headers: { "retry-after": "60" } });

function postFaultPage({ settings }: Form, asked: Asked, fault: PostFault): Promise<Response> {
  const total = sayBytes(settings.files.bytes_total, asked.texts);
  const name = fault === "unsupported" ? "broken" : fault;
  return renderPage(noticePage(asked, name, { total }), { status: STATUS[fault] });
}
