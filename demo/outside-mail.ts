import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerEnvelope } from "smtp-server";
import { type Bell, createBell, lookUntil } from "./bell.ts";

/** The outside mail world: takes every mail that leaves, and keeps each as a file. */
export interface OutsideMail {
  /** Holds one .eml for each mail, with its envelope in X-Envelope-From and X-Envelope-To before its own headers. */
  readonly folder: string;
  /** The mails' files, oldest first. */
  readonly files: readonly string[];
  readonly bell: Bell;
  /** Waits for a mail to the address. @returns its file, or undefined when none came in time. */
  waitFor(address: string, timeoutMs: number): Promise<string | undefined>;
  stop(): Promise<void>;
}

export async function startOutsideMail(folder: string, port: number): Promise<OutsideMail> {
  await mkdir(folder, { recursive: true });
  const bell = createBell();
  const files: string[] = [];
  const kept: { readonly to: readonly string[]; readonly file: string }[] = [];
  let count = 0;
  const server = new SMTPServer({
    banner: "the outside mail world of guichet's demo",
    disabledCommands: ["STARTTLS", "AUTH"],
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 500,
    // A place where nobody is any more, to see what a failed answer looks like.
    onRcptTo: ({ address }, _session, done) =>
      done(address.endsWith("@gone.example") ? refusal(550, "5.1.1 No such user here") : null),
    onData: (stream, { envelope }, done) => {
      count += 1;
      const file = join(folder, `${String(count).padStart(5, "0")}.eml`);
      keep(stream, envelope, file).then(
        () => {
          kept.push({ to: envelope.rcptTo.map(({ address }) => address), file });
          files.push(file);
          bell.ring();
          done(null, "Kept");
        },
        () => done(refusal(451, "Could not be kept, try again later")),
      );
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      // A client that hangs up is its own affair.
      server.on("error", () => undefined);
      resolve();
    });
  });
  return {
    folder,
    files,
    bell,
    waitFor: (address, timeoutMs) =>
      lookUntil(bell, () => kept.find(({ to }) => to.includes(address))?.file, timeoutMs),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const refusal = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode });

/** Written beside and moved: whoever watches the folder never reads half a mail. */
async function keep(stream: SMTPServerDataStream, envelope: SMTPServerEnvelope, file: string): Promise<void> {
  const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
  const to = envelope.rcptTo.map(({ address }) => address);
  const draft = `${file}.part`;
  try {
    const out = createWriteStream(draft);
    out.write(`X-Envelope-From: ${from || "<>"}\r\nX-Envelope-To: ${to.join(", ")}\r\n`);
    await pipeline(stream, out);
    await rename(draft, file);
  } catch (error) {
    stream.resume();
    await rm(draft, { force: true });
    throw error;
  }
}
