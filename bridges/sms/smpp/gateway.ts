import { DeliveryError } from "../../../src/adapter/index.ts";
import type { Gateway, GatewayHost } from "../gateway.ts";
import { createPace } from "../pace.ts";
import { pause } from "../wait.ts";
import { COMMAND, STATUS } from "./commands.ts";
import { readTlsFiles } from "./connect.ts";
import { type Binding, keepBound } from "./keep-bound.ts";
import type { Link } from "./link.ts";
import { createArrivals } from "./receive.ts";
import type { SmppSettings } from "./settings.ts";
import { submitText } from "./submit.ts";

/** An SMSC over SMPP 3.4. */
export function openSmppGateway(settings: SmppSettings, gatewayHost: GatewayHost): Gateway {
  const { host } = gatewayHost;
  const pace = createPace(settings.window, settings.per_second);
  const stopping = new AbortController();
  const cut = new AbortController();
  const running = new Set<Promise<unknown>>();
  const trouble = new Map<string, string | undefined>();
  let transmitter: Link | undefined;

  const track = <Result>(work: Promise<Result>): Promise<Result> => {
    running.add(work);
    const forget = () => void running.delete(work);
    work.then(forget, forget);
    return work;
  };
  const report = (part: string) => (code: string | undefined) => {
    trouble.set(part, code);
    gatewayHost.trouble([...trouble.values()].find((each) => each !== undefined));
  };

  const open = async () => {
    const files = await readTlsFiles(settings);
    const shared = { settings, files, log: host.log, cut: cut.signal };
    const onLink = (link: Link | undefined) => {
      transmitter = link;
    };
    /** One process of many receives: the SMSC would spread the parts of a text over all that are bound. */
    const bindAlone = (binding: Pick<Binding, "command" | "onTrouble" | "onLink">) => {
      const lease = host.lease("smpp", async (held) => {
        // Read anew each time: another process may have received meanwhile.
        const { take } = await createArrivals(gatewayHost, settings);
        const until = AbortSignal.any([held, stopping.signal]);
        await track(keepBound({ ...shared, ...binding, onMessage: take }, until));
      });
      lease.catch((fault: unknown) => {
        host.log.error({ err: fault, code: "SMPP_LEASE" }, "texts are no longer received");
        binding.onTrouble("SMPP_LEASE");
      });
    };
    if (settings.bind === "transceiver")
      return bindAlone({ command: COMMAND.bind_transceiver, onTrouble: report("transceiver"), onLink });
    bindAlone({ command: COMMAND.bind_receiver, onTrouble: report("receiver"), onLink: () => {} });
    const transmitting = { command: COMMAND.bind_transmitter, onTrouble: report("transmitter"), onLink };
    // Nothing is delivered to a transmitter; what is all the same has to go to the receiver.
    const onMessage = async () => STATUS.ESME_RX_T_APPN;
    void track(keepBound({ ...shared, ...transmitting, onMessage }, stopping.signal));
  };

  return {
    open,
    submit: (text, signal) => {
      if (stopping.signal.aborted) return Promise.reject(new DeliveryError("retry", "SMPP_CONNECT"));
      const ends = AbortSignal.any([signal, cut.signal]);
      const until = AbortSignal.any([signal, stopping.signal]);
      return track(submitText(text, { settings, pace, link: () => transmitter, signal: ends, until }));
    },
    close: async (deadline) => {
      stopping.abort();
      const ended = Promise.allSettled(running);
      const late = new AbortController();
      await Promise.race([ended, pause(LONGEST_END, AbortSignal.any([deadline, late.signal]))]);
      late.abort();
      cut.abort();
      await ended;
    },
  };
}

/** Nobody waits longer than this for the end, in milliseconds. */
const LONGEST_END = 60_000;
