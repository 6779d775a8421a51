import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { chooseTexts } from "../../src/desk/choose-texts.ts";
import type { TraceLine } from "../../src/desk/texts.ts";
import { conversationId, outboxId } from "../../src/domain/ids.ts";
import { readPeriod } from "../../src/ledger/read-period.ts";
import { tellWays } from "../../src/ledger/tell-way.ts";
import { type LedgerFormat, writeLedger } from "../../src/ledger/write-ledger.ts";
import type { LedgerLine } from "../../src/store/ledger.ts";

const LINE: LedgerLine = {
  at: "2026-11-25T08:00:00.000Z",
  message: "answer",
  number: "34",
  case: "12",
  agency: "town-hall",
  channel: "town-mail",
  step: "deferred",
  attempt: 2,
  code: "SMTP_451",
  remote_answer: '4.2.2 "over quota",\r\ntry later',
  process: "host/1",
};

async function* each(lines: readonly LedgerLine[]) {
  yield* lines;
}

async function write(lines: readonly LedgerLine[], format: LedgerFormat): Promise<string> {
  const chunks: string[] = [];
  const to = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  await writeLedger(each(lines), format, to);
  expect(to.destroyed).toBe(false);
  return chunks.join("");
}

describe("export of the ledger", () => {
  const HEAD = "at,message,number,case,agency,channel,step,attempt,code,remote_answer,process\r\n";

  test("CSV as RFC 4180 has it: commas, quotes and line ends are within quotes", async () => {
    expect(await write([LINE], "csv")).toBe(
      `${HEAD}2026-11-25T08:00:00.000Z,answer,34,12,town-hall,town-mail,deferred,2,SMTP_451,"4.2.2 ""over quota"",\r\ntry later",host/1\r\n`,
    );
    expect(await write([], "csv")).toBe(HEAD);
  });

  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("no formula: %j", async (said) => {
    const csv = await write([{ ...LINE, remote_answer: said }], "csv");
    expect(csv.slice(HEAD.length)).toMatch(/,"?'[=+\-@\t\r]/);
    expect(csv.slice(HEAD.length)).not.toMatch(/,"?[=+\-@\t\r]/);
  });

  test("a lone line end is within quotes, too", async () => {
    expect(await write([{ ...LINE, remote_answer: "a\nb" }], "csv")).toContain(',"a\nb",');
    expect(await write([{ ...LINE, remote_answer: "a\rb" }], "csv")).toContain(',"a\rb",');
  });

  test("JSON is one array", async () => {
    expect(JSON.parse(await write([LINE, LINE], "json"))).toEqual([LINE, LINE]);
    expect(JSON.parse(await write([], "json"))).toEqual([]);
  });

  test("a reader that goes away ends it without a fault", async () => {
    const gone = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    await writeLedger(each([LINE]), "csv", gone);
  });
});

describe("a period", () => {
  test("days are whole ones, the last included; moments are exact", () => {
    const { from, to } = readPeriod("2026-02-27", "2026-02-28");
    expect([from.getDate(), from.getHours(), to.getMonth(), to.getDate(), to.getHours()]).toEqual([27, 0, 2, 1, 0]);
    expect(readPeriod("2026-11-25T08:00Z", "2026-11-25T10:30:00+01:00")).toEqual({
      from: new Date("2026-11-25T08:00:00Z"),
      to: new Date("2026-11-25T09:30:00Z"),
    });
  });

  test.each([
    ["yesterday", "2026-11-25"],
    ["2026-11-25", "2026-11-24"],
    ["2026-11-25T08:00", "2026-11-26"],
    ["2026-02-31", "2026-03-02"],
    ["2026-11-25T08:00Z", "2026-11-25T08:00Z"],
  ])("none: %s to %s", (from, to) => expect(() => readPeriod(from, to)).toThrow(/offset|before it begins/));
});

describe("the way of a message in words", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 25, 8, 0, second));
  const step = (name: TraceLine["step"], second: number, rest: Partial<TraceLine> = {}): TraceLine => ({
    step: name,
    at: at(second),
    attempt: undefined,
    code: undefined,
    remoteAnswer: undefined,
    ...rest,
  });
  const answer = [
    step("composed", 0),
    step("held", 1),
    step("attempted", 10, { attempt: 1 }),
    step("deferred", 11, { attempt: 1, code: "SMTP_451", remoteAnswer: "4.7.1 Greylisted" }),
    step("attempted", 20, { attempt: 2 }),
    step("accepted", 21, { attempt: 2 }),
  ];

  test("for agents: what an attempt ended with stands for it", () => {
    const lines = chooseTexts(["en"]).traced(answer).split("\n");
    expect(lines.map((line) => line.slice(line.indexOf("M: ") + 3))).toEqual([
      "written",
      "not yet; it is tried again (SMTP_451: 4.7.1 Greylisted)",
      "the other side has taken it, attempt 2",
    ]);
    expect(chooseTexts(["fr"]).traced(answer.slice(0, 5))).toMatch(/ : |: envoi en cours, essai 2$/m);
  });

  test("for agents: hundreds of attempts are a short list", () => {
    const tried = Array.from({ length: 120 }, (_, index) => step("deferred", index, { attempt: index + 1 }));
    const lines = chooseTexts(["en"]).traced(tried).split("\n");
    expect(lines).toHaveLength(17);
    expect(lines[4]).toBe("… (104)");
    expect(lines[16]).toContain("attempt 120");
  });

  test("for operators: a table that a stranger's words cannot command", () => {
    const told = tellWays([
      {
        message: {
          kind: "answer",
          id: outboxId("34"),
          conversation: conversationId("12"),
          channel: "town-mail",
          state: "failed",
          isDead: true,
          event: undefined,
          answered: undefined,
          remoteId: undefined,
        },
        steps: [
          { ...step("attempted", 0, { attempt: 1 }), process: "a/1" },
          { ...step("refused", 90, { attempt: 1, code: "SMTP_550", remoteAnswer: "no\u001b[31m" }), process: "a/1" },
        ],
      },
    ]);
    expect(told.split("\n")).toEqual([
      "answer/34  case/12  town-mail  failed, a dead letter",
      "  at                        after    step       attempt  code      remote answer  process",
      "  2026-11-25T08:00:00.000Z           attempted  1                                 a/1",
      "  2026-11-25T08:01:30.000Z  +90.0 s  refused    1        SMTP_550  no\u{FFFD}[31m        a/1",
    ]);
  });
});
