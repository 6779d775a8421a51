import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { createMemoryHost } from "../../src/conformance/memory-host.ts";
import { until } from "./patience.ts";
import { type ChannelSettings, type SmsChannel, startSmsChannel } from "./sms-channel.ts";
import { buildSmsc, type Smsc, type SmscProgram } from "./smsc.ts";

/** An SMSC for the tests of one file, forgetful between them. */
export interface SmscSuite {
  readonly smsc: Smsc;
  readonly program: SmscProgram;
  /** A channel that is bound; it stops after the test. */
  start(smpp?: ChannelSettings["smpp"], more?: Record<string, unknown>, host?: SmsChannel["host"]): Promise<SmsChannel>;
  /** A channel that may never be bound. */
  begin(smpp?: ChannelSettings["smpp"], more?: Record<string, unknown>, host?: SmsChannel["host"]): Promise<SmsChannel>;
}

/** Call it in a `describe` that needs "jsmpp-smsc"; its members may be used in tests. */
export function useSmsc(options: readonly string[] = []): SmscSuite {
  let program: SmscProgram | undefined;
  let smsc: Smsc | undefined;
  const open = new Set<SmsChannel>();
  const there = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error("the SMSC is not up");
    return part;
  };
  beforeAll(async () => {
    program = await buildSmsc();
    smsc = await program.start(options);
  }, 180_000);
  afterAll(async () => {
    await smsc?.kill();
    await program?.remove();
  });
  afterEach(async () => {
    for (const channel of open) await channel.stop();
    open.clear();
    await smsc?.order("reset");
    // Whatever a test was about: guichet never sends what is malformed.
    expect(await smsc?.lint()).toEqual([]);
    await smsc?.order("clear");
  });
  const begin: SmscSuite["begin"] = async (smpp = {}, more = {}, host = createMemoryHost()) => {
    const channel = await startSmsChannel({ smpp: { port: there(smsc).port, ...smpp }, ...more }, host);
    open.add(channel);
    return channel;
  };
  return {
    get smsc() {
      return there(smsc);
    },
    get program() {
      return there(program);
    },
    begin,
    start: async (...settings) => {
      const channel = await begin(...settings);
      await until(() => channel.bridge.health().state === "up");
      return channel;
    },
  };
}
