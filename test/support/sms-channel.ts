import sms from "../../bridges/sms/index.ts";
import { type Bridge, DeliveryError, type OutboundMessage } from "../../src/adapter/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";

/** An SMS channel around a core in memory. */
export interface SmsChannel extends AsyncDisposable {
  readonly host: MemoryHost;
  readonly bridge: Bridge;
  /** Sends; resolves with the remote's name of the text. */
  send(text: string, more?: Partial<OutboundMessage>, signal?: AbortSignal): Promise<string>;
  /** Sends what must fail; resolves with `CODE (consequence)`. */
  fail(text: string, more?: Partial<OutboundMessage>, signal?: AbortSignal): Promise<string>;
  stop(): Promise<void>;
}

export interface ChannelSettings {
  readonly smpp: Record<string, unknown>;
  readonly [key: string]: unknown;
}

export async function startSmsChannel(
  { smpp, ...more }: ChannelSettings,
  host = createMemoryHost(),
): Promise<SmsChannel> {
  const login = { host: "127.0.0.1", system_id: "bridge", password: "secret", tls: "none", per_second: 1000 };
  const config = sms.config.parse({
    number: "+33700000000",
    country: "FR",
    gateway: { smpp: { ...login, ...smpp } },
    ...more,
  });
  const bridge = sms.create(config, host);
  await bridge.start(new AbortController().signal);
  let sent = 0;
  const send: SmsChannel["send"] = async (text, outbound = {}, signal = AbortSignal.timeout(60_000)) => {
    sent += 1;
    const message: OutboundMessage = {
      deliveryId: `d-${sent}-${Math.random().toString(36).slice(2)}`,
      attempt: 1,
      fromName: "Mairie",
      to: { address: "+33612345678" },
      text,
      attachments: [],
      thread: { token: "t-0", references: [] },
      writtenAt: new Date(),
      ...outbound,
    };
    if (bridge.send === undefined) throw new Error("the channel does not send");
    return (await bridge.send(message, signal)).remoteId;
  };
  const stop = async () => {
    await bridge.stop(AbortSignal.timeout(5_000));
    host.end();
  };
  return {
    host,
    bridge,
    send,
    fail: async (...words) => {
      const fault: unknown = await send(...words).then(
        () => new Error("it was sent"),
        (error: unknown) => error,
      );
      if (!(fault instanceof DeliveryError)) throw fault;
      return `${fault.code} (${fault.consequence})`;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
