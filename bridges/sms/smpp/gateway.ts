import { DeliveryError } from "../../../src/adapter/index.ts";
import type { Gateway, GatewayHost } from "../gateway.ts";
import { pause } from "../wait.ts";
import { COMMAND } from "./commands.ts";
import { readTlsFiles } from "./connect.ts";
import { type Binding, keepBound } from "./keep-bound.ts";
import type { Link } from "./link.ts";
import { createPace } from "./pace.ts";
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
    const arrivals = await createArrivals(gatewayHost);
    const shared = { settings, files, log: host.log, cut: cut.signal, onMessage: arrivals.take };
    const onLink = (link: Link | undefined) => {
      transmitter = link;
    };
    /** One process of many receives: the SMSC would spread the parts of a text over all that are bound. */
    const bindAlone = (binding: Pick<Binding, "command" | "onTrouble" | "onLink">) =>
      host.lease("smpp", (held) =>
        track(keepBound({ ...shared, ...binding }, AbortSignal.any([held, stopping.signal]))),
      );
    if (settings.bind === "transceiver") {
      void bindAlone({ command: COMMAND.bind_transceiver, onTrouble: report("transceiver"), onLink });
      return;
    }
    void bindAlone({ command: COMMAND.bind_receiver, onTrouble: report("receiver"), onLink: () => {} });
    const transmitting = { ...shared, command: COMMAND.bind_transmitter, onTrouble: report("transmitter"), onLink };
    void track(keepBound(transmitting, stopping.signal));
  };

  return {
    open,
    submit: (text, signal) => {
      if (stopping.signal.aborted) return Promise.reject(new DeliveryError("retry", "SMPP_CONNECT"));
      const until = AbortSignal.any([signal, stopping.signal]);
      return track(submitText(text, { settings, pace, link: () => transmitter, signal, until }));
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
