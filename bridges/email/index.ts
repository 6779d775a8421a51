import type { Bridge, BridgeDefinition, BridgeHost } from "../../src/adapter/index.ts";
import { ownAddress } from "./addresses.ts";
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
  const health = watchHealth(["intake", ...(imap === undefined ? [] : ["mailbox"])], host.now);
  const intake = listen && createIntake(listen, own, host, assess);
  const tokens = smtp?.oauth2 && createTokenSource(smtp.oauth2, host.notes, host.now);
  const sender = smtp && createSender(smtp, own, tokens, (trouble) => health.report("sending", trouble));
  const mailbox =
    imap && createMailboxReader(imap, { own, assess }, host, (trouble) => health.report("mailbox", trouble));

  return {
    capabilities: {
      send: sender !== undefined,
      html: true,
      subject: true,
      // Base64 makes files longer by 37 %, line ends included (RFC 2045, 6.8); the rest is for words and headers.
      attachmentBytes: smtp === undefined ? 0 : Math.floor((smtp.max_bytes - 32 * 1024) * 0.72),
      repeatable: true,
    },
    start: async (signal) => {
      await sender?.open();
      await intake?.start();
      health.report("intake", undefined);
      mailbox?.start(signal);
    },
    stop: async (deadline) => {
      sender?.close(deadline);
      await Promise.all([intake?.stop(deadline), mailbox?.stop()]);
      health.stop();
    },
    ...(sender === undefined ? {} : { send: sender.send }),
    health: health.read,
  };
}
