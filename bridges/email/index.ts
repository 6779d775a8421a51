import type { Bridge, BridgeDefinition, BridgeHost, Opening } from "../../src/adapter/index.ts";
import { normaliseAddress, type OwnAddress, ownAddress, parseAddress } from "./addresses.ts";
import { countMails } from "./census.ts";
import { watchHealth } from "./health.ts";
import { createTokenSource } from "./oauth2.ts";
import { createMailboxReader } from "./receive-imap.ts";
import { createIntake } from "./receive-smtp.ts";
import { createSender } from "./send.ts";
import { type EmailSettings, settings } from "./settings.ts";
import { createAssessor } from "./trust/assess.ts";

/** Email: in by SMTP, LMTP or IMAP, out by SMTP. */
const email: BridgeDefinition<EmailSettings> = { type: "email", contract: 1, config: settings, create };
export default email;

function create(config: EmailSettings, host: BridgeHost): Bridge {
  const { listen, imap, smtp } = config;
  const own = ownAddress(config.address, config.delimiter, config.also);
  const assess = createAssessor(config.trust, host);
  const mailboxes = imap?.mailboxes ?? [];
  const health = watchHealth(["intake", ...mailboxes.map(partOf)], host.now);
  const intake = listen && createIntake(listen, own, host, assess);
  const tokensFor = (settings: typeof imap | typeof smtp) =>
    settings?.oauth2 && createTokenSource(settings.oauth2, host.notes, host.now);
  const sender =
    smtp &&
    createSender(smtp, own, { layout: config.layout, languages: host.languages }, tokensFor(smtp), (trouble) =>
      health.report("sending", trouble),
    );
  const tokens = tokensFor(imap);
  const readers = imap
    ? mailboxes.map((mailbox) =>
        createMailboxReader(imap, { mailbox, own, assess, tokens }, host, (trouble) =>
          health.report(partOf(mailbox), trouble),
        ),
      )
    : [];

  return {
    capabilities: {
      send: sender !== undefined,
      html: true,
      subject: true,
      cc: true,
      // Base64 makes files longer by 37 %, line ends included (RFC 2045, 6.8); the rest is for words and headers.
      attachmentBytes: smtp === undefined ? 0 : Math.floor((smtp.max_bytes - 32 * 1024) * 0.72),
      repeatable: true,
    },
    addresses: [config.address, ...config.also].map((each) => normaliseAddress(each) ?? each),
    start: async (signal) => {
      await sender?.open();
      await intake?.start();
      health.report("intake", undefined);
      for (const reader of readers) reader.start(signal);
    },
    stop: async (deadline) => {
      sender?.close(deadline);
      await Promise.all([intake?.stop(deadline), ...readers.map((reader) => reader.stop(deadline))]);
      health.stop();
    },
    ...(imap === undefined
      ? {}
      : { census: (period, signal) => countMails(imap, { tokens, own, assess, host }, period, signal) }),
    ...(sender === undefined ? {} : { send: sender.send, opening: openingTo(own) }),
    health: health.read,
  };
}

const openingTo = (own: OwnAddress): Opening => ({
  verb: "mail",
  example: "anna@example.org",
  parseAddress: (text) => {
    const address = parseAddress(text);
    return address === undefined || own.owns(address) ? undefined : { address };
  },
});

const partOf = (mailbox: string) => `mailbox ${mailbox}`;
