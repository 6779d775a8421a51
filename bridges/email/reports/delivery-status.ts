import { readAbout } from "./about.ts";
import { findAddresses, sameAddress } from "./address.ts";
import { type Fields, fieldOf, readBlocks, untyped } from "./fields.ts";
import { judge } from "./judge.ts";
import { MOST_RECIPIENTS, type ReadableMail } from "./readable-mail.ts";
import type { DeliveryReport, DeliveryState, RecipientReport } from "./report.ts";

/**
 * Reads a delivery status notification: RFC 3464 and 6533 as they are written, and as they arrive: fields without their
 * part, per-recipient blocks in one with the message's, types without semicolons, the action left out.
 * @param status text of the message/delivery-status part, or a text that holds such fields.
 * @param notice what the report says to people, for the answer of a server that the fields do not give.
 * @returns undefined when no recipient is told of.
 */
export function readDeliveryStatus(mail: ReadableMail, status: string, notice: string): DeliveryReport | undefined {
  const blocks = readBlocks(status);
  const recipients: RecipientReport[] = [];
  const told = blocks.filter(isAboutRecipient).slice(0, MOST_RECIPIENTS);
  const lines = notice.split("\n");
  for (const fields of told) {
    const recipient = readRecipient(fields, told.length === 1 ? notice : linesAbout(lines, recipientOf(fields)));
    if (recipient !== undefined && !recipients.some((each) => isSame(each, recipient))) recipients.push(recipient);
  }
  if (recipients.length === 0) return undefined;
  const message = blocks.find((fields) => fields.has("reporting-mta") || fields.has("original-envelope-id"));
  const cited = blocks.flatMap((fields) => fieldOf(fields, "original-message-id") ?? []).map(unbracket);
  return {
    kind: "delivery",
    recipients,
    about: readAbout(mail, { messageIds: cited, envelopeId: fieldOf(message, "original-envelope-id") }),
  };
}

/** Fields in a text: some servers write the report's fields into the words for people. */
export const holdsStatusFields = (text: string): boolean =>
  /^[ \t]{0,8}(?:final|original)-recipient:[ \t]*\S/im.test(text) &&
  /^[ \t]{0,8}(?:action|status|diagnostic-code):[ \t]*\S/im.test(text);

const isAboutRecipient = (fields: Fields) =>
  fields.has("final-recipient") ||
  fields.has("original-recipient") ||
  (fields.has("action") && (fields.has("status") || fields.has("x-actual-recipient")));

const recipientOf = (fields: Fields) =>
  readAddress(fieldOf(fields, "original-recipient")) ?? readAddress(fieldOf(fields, "final-recipient"));

const ACTIONS: Readonly<Record<string, DeliveryState>> = {
  failed: "failed",
  failure: "failed",
  bounced: "failed",
  expired: "failed",
  undeliverable: "failed",
  delayed: "delayed",
  delivered: "delivered",
  relayed: "relayed",
  expanded: "expanded",
};

function readRecipient(fields: Fields, notice: string): RecipientReport | undefined {
  const original = readAddress(fieldOf(fields, "original-recipient"));
  const final = readAddress(fieldOf(fields, "final-recipient")) ?? readAddress(fieldOf(fields, "x-actual-recipient"));
  const status = /[245]\.\d{1,3}\.\d{1,3}/.exec(fieldOf(fields, "status") ?? "")?.[0];
  const action = /[a-z]+/.exec((fieldOf(fields, "action") ?? "").toLowerCase())?.[0];
  const state = ACTIONS[action ?? ""] ?? stateOf(status);
  const address = original ?? final;
  return judge({
    ...(address === undefined ? {} : { address }),
    ...(original !== undefined && final !== undefined && !sameAddress(original, final) ? { finalAddress: final } : {}),
    state,
    answer: untyped(fieldOf(fields, "diagnostic-code")) ?? comment(fieldOf(fields, "status")),
    status,
    notice,
    remoteServer: untyped(fieldOf(fields, "remote-mta")),
  });
}

/** When the action is not told, the status' class tells (RFC 3463, 3.1). */
const stateOf = (status: string | undefined): DeliveryState => (status?.startsWith("2") ? "delivered" : "failed");

/** `4.2.2 (Over quota)` */
const comment = (status: string | undefined) => /\(([^()]{1,300})\)/.exec(status ?? "")?.[1];

/** An address as RFC 3464 types it; X.400 and X.500 names are no addresses that mail could have been sent to. */
function readAddress(value: string | undefined): string | undefined {
  const bare = untyped(value);
  if (bare === undefined || /^\s*x-?[45]00/i.test(value ?? "")) return undefined;
  return findAddresses(bare)[0]?.address;
}

const isSame = (one: RecipientReport, other: RecipientReport) =>
  one.address !== undefined &&
  other.address !== undefined &&
  sameAddress(one.address, other.address) &&
  one.state === other.state;

function linesAbout(lines: readonly string[], address: string | undefined): string {
  if (address === undefined) return "";
  const wanted = address.toLowerCase();
  const at = lines.findIndex((line) => line.toLowerCase().includes(wanted));
  if (at < 0) return "";
  const rest = lines.slice(at, at + 6);
  const other = rest.findIndex((line) => findAddresses(line).some(({ address: each }) => !sameAddress(each, wanted)));
  return rest.slice(0, other < 1 ? rest.length : other).join("\n");
}

const unbracket = (id: string) => id.replace(/^[\s<]+|[\s>]+$/g, "");
