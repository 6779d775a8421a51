import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { type Delivery, type PerlSmsc, startPerlSmsc } from "../support/perl-smsc.ts";
import { type SmsChannel, startSmsChannel } from "../support/sms-channel.ts";

const absent = missing("net-smpp");

describe.skipIf(absent)(`an SMSC on Perl's Net::SMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  let smsc: PerlSmsc;
  let channel: SmsChannel | undefined;
  beforeEach(async () => {
    smsc = await startPerlSmsc();
  });
  afterEach(async () => {
    await channel?.stop();
    channel = undefined;
    await smsc.stop();
  });

  const start = async (smpp: Record<string, unknown> = {}) => {
    const bound = await startSmsChannel({ smpp: { port: smsc.port, answer_seconds: 2, ...smpp } });
    channel = bound;
    await until(() => bound.bridge.health().state === "up");
    return bound;
  };
  const hexOf = (text: string) => Buffer.from(text, "utf16le").swap16().toString("hex");
  const joined = (octetsBefore: number) =>
    Buffer.concat(smsc.seenOf("submit_sm").map(({ octets }) => Buffer.from(octets, "hex").subarray(octetsBefore)));

  test.each([
    ["transceiver", ["bind_transceiver"]],
    ["pair", ["bind_receiver", "bind_transmitter"]],
  ])("bind, a text in, a text out, its receipt, enquire_link, leave: %s", async (bind, commands) => {
    const bound = await start({ bind, enquire_seconds: 1 });
    await until(() => smsc.seen.length >= commands.length);
    const binds = smsc.seen.filter(({ cmd }) => cmd.startsWith("bind"));
    expect(binds.map(({ cmd }) => cmd).sort()).toEqual(commands);
    for (const each of binds) expect(each).toMatchObject({ system_id: "bridge", interface_version: 0x34 });

    const id = await bound.send("Réponse à 5 €");
    await until(() => smsc.seenOf("submit_sm").length > 0);
    expect(smsc.seenOf("submit_sm")).toMatchObject([
      {
        ...{ source_addr: "33700000000", source_addr_ton: 1, source_addr_npi: 1 },
        ...{ destination_addr: "33612345678", dest_addr_ton: 1, dest_addr_npi: 1 },
        ...{ data_coding: 0, esm_class: 0, registered_delivery: 1, octets: "5205706f6e7365207f2035201b65" },
      },
    ]);
    await until(() => bound.host.receipts.length === 1);
    expect(bound.host.receipts[0]).toMatchObject({
      state: "delivered",
      about: { remoteIds: expect.arrayContaining([id]) },
    });

    smsc.order({ deliver: { octets: hexOf("Bonjour 😀"), data_coding: 8 } });
    await until(() => bound.host.taken.length === 1);
    expect(bound.host.taken[0]).toMatchObject({ from: { address: "+33698765432" }, text: "Bonjour 😀" });
    smsc.order({ enquire: 1 });
    await until(() => smsc.seenOf("enquire_link_resp").length === 1);
    await until(() => smsc.seenOf("enquire_link").length >= 1);
    await until(() => smsc.seenOf("deliver_sm_resp").length === 2);
    for (const answer of smsc.seenOf("deliver_sm_resp")) expect(answer).toMatchObject({ status: 0, length: 17 });

    await bound.stop();
    await until(() => smsc.seenOf("closed").length === commands.length);
    expect(smsc.seenOf("unbind").length).toBe(commands.length);
  });

  test.each([
    ["udh8", 6, "050003"],
    ["udh16", 7, "060804"],
    ["sar", 0, ""],
  ] as const)("a long text out: %s", async (concatenation, header, begin) => {
    const bound = await start({ concatenation });
    const text = "Документы ".repeat(30).trim();
    await bound.send(text);
    // What Perl says of a part comes by a pipe, which may be behind its answer on the wire.
    await until(() => smsc.seenOf("submit_sm").length >= 5);
    const parts = smsc.seenOf("submit_sm");
    expect(parts.length).toBe(5);
    expect(joined(header).swap16().toString("utf16le")).toBe(text);
    for (const [place, part] of parts.entries()) {
      expect(part.esm_class).toBe(header === 0 ? 0 : 0x40);
      expect(part.octets.startsWith(begin)).toBe(true);
      const [of, number] = Buffer.from(part.octets, "hex").subarray(header - 2, header);
      if (header > 0) expect([of, number]).toEqual([parts.length, place + 1]);
      else expect(part).toMatchObject({ sar_total_segments: "05", sar_segment_seqnum: `0${place + 1}` });
    }
    await until(() => bound.host.receipts.length > 0);
    expect(bound.host.receipts[0]?.state).toBe("delivered");
  });

  const words = ["Première partie, ", "deuxième partie, ", "troisième."];
  const inParts: [string, (text: string, place: number) => Delivery][] = [
    ["an 8-bit reference", (text, place) => ({ octets: `0500030703${`0${place}`}${hexOf(text)}`, esm_class: 0x40 })],
    ["a 16-bit reference", (text, place) => ({ octets: `060804010703${`0${place}`}${hexOf(text)}`, esm_class: 0x40 })],
    ["sar parameters", (text, place) => ({ octets: hexOf(text), sar: [263, 3, place] })],
  ];
  test.each(inParts)("a long text in, its parts in any order: %s", async (_, write) => {
    const bound = await start();
    for (const place of [3, 1, 2]) smsc.order({ deliver: { data_coding: 8, ...write(words[place - 1] ?? "", place) } });
    await until(() => bound.host.taken.length === 1);
    expect(bound.host.taken[0]?.text).toBe(words.join(""));
  });

  test("a text in message_payload", async () => {
    const bound = await start();
    const text = "Un texte long. ".repeat(40);
    smsc.order({ deliver: { octets: Buffer.from(text).toString("hex") } });
    await until(() => bound.host.taken.length === 1);
    expect(bound.host.taken[0]?.text.trim()).toBe(text.trim());
  });

  test("it takes leave: guichet binds anew", async () => {
    const bound = await start();
    smsc.order({ unbind: 1 });
    await until(() => smsc.seenOf("unbind_resp").length === 1);
    await until(() => smsc.seenOf("bind_transceiver").length === 2);
    await expect.poll(() => bound.send("de retour").catch(() => ""), { timeout: 10_000 }).toMatch(/^\d+$/);
  });

  test("a wrong password is told", async () => {
    channel = await startSmsChannel({ smpp: { port: smsc.port, password: "other" } });
    const { bridge } = channel;
    await until(() => bridge.health().state === "degraded");
    expect(bridge.health().reason).toBe("SMPP_AUTH");
  });
});
