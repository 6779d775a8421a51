import type { ParsedMail } from "mailparser";
import { CITIZEN } from "./citizen.ts";
import type { DemoConfiguration } from "./configuration.ts";
import type { SynapseServer, SynapseUser } from "./setup/synapse-server.ts";
import type { PhoneText } from "./sms/phone-text.ts";

/** A demo that is up. */
export interface DemoAddresses {
  readonly folder: string;
  readonly synapse: SynapseServer;
  readonly agent: SynapseUser;
  /** Room ids by agency. */
  readonly rooms: ReadonlyMap<string, string>;
  readonly configuration: DemoConfiguration;
  readonly sentMail: string;
  /** Address of the page that shows the demo. */
  readonly page: string;
}

/** One line of JSON for programs, as README.md describes it. */
export function printJson({ synapse, agent, rooms, configuration, sentMail, page }: DemoAddresses): string {
  const agencies = [...configuration.config.agencies.values()].map(({ id, room }) => [
    id,
    { room_id: rooms.get(id), room_alias: room },
  ]);
  return JSON.stringify({
    homeserver: synapse.url,
    domain: synapse.domain,
    agent: { user_id: agent.userId, password: agent.password, access_token: agent.accessToken },
    agencies: Object.fromEntries(agencies),
    channels: configuration.channels,
    sent_mail: sentMail,
    page,
  });
}

/** The same for people. */
export function printAddresses({ folder, synapse, agent, configuration, sentMail, page }: DemoAddresses): string {
  const { config, channels } = configuration;
  const rows: [string, string][] = [
    ["Page", `${page}   both sides at once, and guichet between them`],
    ["Homeserver", `${synapse.url}   for any Matrix client on this machine`],
    ["Agent", `${agent.userId}   password ${agent.password}`],
    ...[...config.agencies.values()].map(({ name, room }): [string, string] => ["Room", `${room}   ${name}`]),
  ];
  for (const [name, { address, smtp, number, smsc, url }] of Object.entries(channels)) {
    if (address !== undefined && smtp !== undefined) {
      rows.push(["Write to", `${address}   channel ${name}, smtp://${smtp.host}:${smtp.port}, for example:`]);
      rows.push(["", exampleMail(address, `smtp://${smtp.host}:${smtp.port}`)]);
    }
    if (url !== undefined) rows.push(["Form", `${url}   channel ${name}`]);
    if (number !== undefined && smsc !== undefined) {
      rows.push(["Text to", `${number}   channel ${name}, phones at ${smsc.control}, for example:`]);
      rows.push(["", exampleText(smsc.control)]);
    }
  }
  rows.push(["Mails that left", sentMail], ["Logs, settings", folder]);
  const lines = rows.map(([label, text]) => `  ${label.padEnd(17)}${text}`);
  return [
    "The demo is up. In the room, reply to a citizen's message and the citizen gets it. Ctrl-C ends the demo.",
    ...lines,
  ].join("\n");
}

const exampleMail = (to: string, server: string) =>
  `printf 'From: a@citizen.example\\nTo: ${to}\\nSubject: Hello\\n\\nA question.\\n' | curl -sS ${server} --mail-from a@citizen.example --mail-rcpt ${to} -T -`;

const exampleText = (control: string) =>
  `curl -sS ${control}/texts -H 'content-type: application/json' -d '{"from":"${CITIZEN.phone}","text":"A question."}'`;

/** A mail as the citizen reads it. */
export function printMail(mail: ParsedMail): string {
  const to = Array.isArray(mail.to) ? mail.to.map(({ text }) => text).join(", ") : mail.to?.text;
  const lines = [
    `From:     ${mail.from?.text ?? ""}`,
    `To:       ${to ?? ""}`,
    `Subject:  ${mail.subject ?? ""}`,
    "",
    ...(mail.text ?? "").trimEnd().split("\n"),
  ];
  return frame("The citizen received:", lines);
}

/** A text as the phone shows it. */
export const printText = ({ from, text, state }: PhoneText): string =>
  frame("The citizen's phone shows:", [`${from}   ${state}`, "", ...text.split("\n")]);

const frame = (title: string, lines: readonly string[]) => [title, ...lines.map((line) => `  │ ${line}`)].join("\n");
