import { createTransport } from "nodemailer";
import { z } from "zod";
import type { MatrixClient } from "../../test/support/matrix-client.ts";
import type { DemoConfiguration } from "../configuration.ts";
import type { MobileNetwork } from "../sms/mobile-network.ts";
import type { Selection } from "./selection.ts";
import type { Mails, ReceivedMail } from "./sources/read-mails.ts";
import { clock } from "./view/words.ts";

/** What visitors of the page do, through the same doors as everybody: SMTP, SMPP, the client-server API. */
export interface Actions {
  /** Each resolves with what is open afterwards, or throws `Refused`. */
  mail(form: Form): Promise<Selection>;
  text(form: Form): Promise<Selection>;
  answer(form: Form): Promise<Selection>;
}

export type Form = Readonly<Record<string, unknown>>;

/** In words for whoever filled in the form. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export interface Doors {
  readonly configuration: DemoConfiguration;
  readonly mails: Mails;
  readonly network: MobileNetwork;
  readonly agent: MatrixClient;
  /** Room ids by agency. */
  readonly rooms: ReadonlyMap<string, string>;
}

const line = z
  .string()
  .trim()
  .max(500)
  .regex(/^[^\r\n]*$/, "one line");
const words = z.string().trim().min(1, "is empty").max(20_000);
const files = z
  .union([z.instanceof(File), z.array(z.instanceof(File))])
  .default([])
  .transform((given) => [given].flat().filter(({ size }) => size > 0));
const newMail = z.object({
  name: line.default(""),
  from: z.email(),
  channel: z.string(),
  subject: line,
  text: words,
  files,
});
const reply = z.object({ answers: z.string().min(1), text: words, files });
const phoneText = z.object({ from: line.min(3), to: line, text: words });
const answer = z.object({
  agency: z.string(),
  thread: z.string(),
  reply: z.string(),
  kind: z.enum(["reply", "note"]),
  text: words,
});

export function openActions(doors: Doors): Actions {
  return {
    async mail(form) {
      const written = "answers" in form ? await asReply(doors, read(reply, form)) : asNew(doors, read(newMail, form));
      const { channel, attachments, ...mail } = written;
      const { smtp, lmtp } = doors.configuration.channels[channel] ?? {};
      const transport = createTransport({
        ...(smtp ?? lmtp),
        lmtp: smtp === undefined,
        secure: false,
        ignoreTLS: true,
      });
      try {
        const contents = await Promise.all(
          attachments.map(async (file) => ({ filename: file.name, content: Buffer.from(await file.arrayBuffer()) })),
        );
        await transport.sendMail({ ...mail, attachments: contents });
      } catch (error) {
        throw new Refused(`guichet did not take the mail: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        transport.close();
      }
      return {};
    },
    async text(form) {
      const { from, ...text } = read(phoneText, form);
      const phone = from.replace(/[ ().-]/g, "");
      if (!/^\+[1-9]\d{6,14}$/.test(phone))
        throw new Refused("A phone's number begins with + and the country, as +33639980101.");
      const { state } = await doors.network.write({ ...text, from: phone });
      if (state !== "taken") throw new Refused(`guichet did not take the text: it is ${state}.`);
      return { phone };
    },
    async answer(form) {
      const { agency, thread, reply: answered, kind, text } = read(answer, form);
      const room = doors.rooms.get(agency);
      if (room === undefined || thread === "") throw new Refused("There is no conversation to write in yet.");
      if (kind === "reply" && answered === "")
        throw new Refused("There is no citizen's message to answer in this conversation.");
      try {
        if (kind === "reply") await doors.agent.reply(room, answered, text, thread);
        else await doors.agent.sendInThread(room, thread, asNote(doors, agency, text));
      } catch (error) {
        throw new Refused(`The homeserver did not take it: ${error instanceof Error ? error.message : String(error)}`);
      }
      return { agency, thread };
    },
  };
}

/** Where every message in a thread leaves, a note has to say that it is one. */
function asNote({ configuration }: Doors, agency: string, text: string): string {
  const configured = [...configuration.config.agencies.values()].find(({ id }) => id === agency);
  return configured?.replies === "all" ? `!note ${text}` : text;
}

/** @throws Refused with the first fault. */
function read<Shape>(schema: z.ZodType<Shape>, form: Form): Shape {
  const result = schema.safeParse(form);
  if (result.success) return result.data;
  const [fault] = result.error.issues;
  throw new Refused(`${String(fault?.path[0] ?? "The form")}: ${fault?.message ?? "is not right"}.`);
}

interface Written {
  readonly channel: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly inReplyTo?: string;
  readonly references?: string[];
  readonly attachments: readonly File[];
}

function asNew(
  { configuration }: Doors,
  { name, from, channel, subject, text, files: attachments }: z.output<typeof newMail>,
): Written {
  const to = configuration.channels[channel]?.address;
  if (to === undefined) throw new Refused("There is no such address to write to.");
  return { channel, from: { name, address: from }, to, subject, text, attachments };
}

/** As mail programs answer: to Reply-To, naming the mail, which stands quoted below. */
async function asReply({ configuration, mails }: Doors, form: z.output<typeof reply>): Promise<Written> {
  const mail = await mails.find(form.answers);
  if (mail === undefined) throw new Refused("The mail that is answered is not there any more.");
  const channel = Object.entries(configuration.channels).find(([, { address }]) => address === mail.fromAddress)?.[0];
  if (channel === undefined) throw new Refused("The mail that is answered came from none of the agency's addresses.");
  return {
    channel,
    from: mail.to,
    to: mail.answerTo,
    subject: /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`,
    text: `${form.text}\n\n${quote(mail)}`,
    ...(mail.messageId !== undefined && {
      inReplyTo: mail.messageId,
      references: [...mail.references, mail.messageId],
    }),
    attachments: form.files,
  };
}

const quote = ({ at, from, text }: ReceivedMail) =>
  `On ${at.toISOString().slice(0, 10)} at ${clock(at)}, ${from} wrote:\n${text.replace(/^/gm, "> ")}`;
