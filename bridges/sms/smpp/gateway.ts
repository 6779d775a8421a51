import { DeliveryError, pause } from "../../../src/adapter/index.ts";
import type { Gateway, GatewayHost } from "../gateway.ts";
import { createPace } from "../pace.ts";
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
    // Nothing is delivered to a transmitter; what is all the same has to go to the receiver.
    const onMessage = async () => STATUS.ESME_RX_T_APPN;
    const transmitting = { command: COMMAND.bind_transmitter, onTrouble: report("transmitter"), onLink, onMessage };
    /** One process of many receives: the SMSC would spread the parts of a text over all that are bound. */
    const receiveAlone = (
      command: Binding["command"],
      part: string,
      around: Around = { before: DONE, after: () => {} },
    ) => {
      const onTrouble = report(part);
      const lease = host.lease("smpp", async (held) => {
        await around.before();
        try {
          // Read anew each time: another process may have received meanwhile.
          const { take } = await createArrivals(gatewayHost, settings);
          const until = AbortSignal.any([held, stopping.signal]);
          const binding = { command, onTrouble, onLink: command === COMMAND.bind_receiver ? () => {} : onLink };
          await track(keepBound({ ...shared, ...binding, onMessage: take }, until));
        } finally {
          trouble.delete(part);
          around.after();
        }
      });
      lease.catch((fault: unknown) => {
        host.log.error({ err: fault, code: "SMPP_LEASE" }, "texts are no longer received");
        onTrouble("SMPP_LEASE");
      });
    };
    const transmit = (until: AbortSignal) => track(keepBound({ ...shared, ...transmitting }, until));
    if (settings.bind === "pair") {
      receiveAlone(COMMAND.bind_receiver, "receiver");
      void transmit(stopping.signal);
      return;
    }
    // While another process receives, this one sends over a transmitter of its own.
    let aside = runAside(transmit, stopping.signal);
    receiveAlone(COMMAND.bind_transceiver, "transceiver", {
      before: async () => {
        await aside.end();
        trouble.delete("transmitter");
      },
      after: () => {
        aside = runAside(transmit, stopping.signal);
      },
    });
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

/** What goes on before and after this process is the one that receives. */
interface Around {
  before(): Promise<void>;
  after(): void;
}

const DONE = () => Promise.resolve();

/** A process that has not become the one that receives by then is one of several, in milliseconds. */
const ASIDE_AFTER = 2_000;

/** Runs what a process does while another one receives: begins a moment later, and ends when it is that one itself. */
function runAside(run: (until: AbortSignal) => Promise<void>, stop: AbortSignal) {
  const ending = new AbortController();
  const until = AbortSignal.any([ending.signal, stop]);
  const running = pause(ASIDE_AFTER, until).then(() => (until.aborted ? undefined : run(until)));
  return {
    end: async () => {
      ending.abort();
      await running;
    },
  };
}
