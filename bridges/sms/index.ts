import type { Bridge, BridgeDefinition, BridgeHost, Opening } from "../../src/adapter/index.ts";
import { openConsent } from "./consent.ts";
import type { Gateway, GatewayHost } from "./gateway.ts";
import { watchHealth } from "./health.ts";
import { openHttpGateway } from "./http/index.ts";
import { createLimits } from "./limits.ts";
import { readNumber } from "./numbers.ts";
import { previewText } from "./preview.ts";
import { createReceiptIntake } from "./receipts.ts";
import { createTextIntake } from "./receive.ts";
import { countReferences, sendText } from "./send.ts";
import { openSentParts } from "./sent-parts.ts";
import { type SmsSettings, settings } from "./settings.ts";
import { openSmppGateway } from "./smpp/gateway.ts";
import { createTalks } from "./talks.ts";

/** SMS: in and out through an operator's SMSC or a provider's gateway. */
const sms: BridgeDefinition<SmsSettings> = { type: "sms", contract: 1, config: settings, create };
export default sms;

function create(config: SmsSettings, host: BridgeHost): Bridge {
  const health = watchHealth(host.now);
  const sentParts = openSentParts(host.notes);
  const consent = openConsent(host.notes);
  const talks = createTalks(host.notes, config.conversation_days, host.now);
  const limits = createLimits(config.limits, host.notes, host.now);
  const intake = createTextIntake(config, { consent, talks }, host);
  let lastSubmit = 0;
  const gateway = openGateway(config, {
    host,
    received: intake.received,
    receipt: createReceiptIntake(host, sentParts, () => lastSubmit),
    trouble: health.report,
  });
  const sending = {
    settings: config,
    gateway,
    sentParts,
    consent,
    talks,
    limits,
    nextReference: countReferences(),
    host,
  };
  // A name can be written from, but not to.
  const isOwnNumber = /^\+?\d+$/.test(config.number);
  return {
    capabilities: { send: true, html: false, subject: false, cc: false, attachmentBytes: 0, repeatable: false },
    addresses: isOwnNumber ? [config.number] : [],
    start: async (signal) => {
      await gateway.open(signal);
      intake.start();
    },
    stop: async (deadline) => {
      await gateway.close(deadline);
      intake.stop();
      health.stop();
    },
    send: async (message, signal) => {
      lastSubmit = Date.now();
      try {
        return await sendText(message, sending, signal);
      } finally {
        lastSubmit = Date.now();
      }
    },
    preview: (draft) => previewText(draft, config, host.languages),
    opening: openingTo(config),
    health: health.read,
  };
}

/** The settings name exactly one. */
function openGateway({ gateway }: SmsSettings, gatewayHost: GatewayHost): Gateway {
  if (gateway.smpp !== undefined) return openSmppGateway(gateway.smpp, gatewayHost);
  if (gateway.http !== undefined) return openHttpGateway(gateway.http, gatewayHost);
  throw new Error("The channel has no gateway.");
}

const openingTo = ({ country, number }: SmsSettings): Opening => ({
  verb: "sms",
  example: "+33612345678",
  parseAddress: (text) => {
    const address = readNumber(text, country);
    return address === undefined || address === number ? undefined : { address };
  },
});
