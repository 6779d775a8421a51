import { createHook } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";

/** Watches which sockets, servers, timers, children and threads are opened from now on. */
export interface ResourceWatch extends Disposable {
  /**
   * Those that are still open and keep the process alive, with the place where they were made: what was `unref`ed is
   * not counted.
   */
  listOpen(): Promise<string[]>;
}

/** Kinds that hold something open, as `async_hooks` names them; all others end by themselves. */
const KINDS: ReadonlySet<string> = new Set([
  "Timeout",
  "TCPWRAP",
  "TCPSERVERWRAP",
  "TLSWRAP",
  "PIPEWRAP",
  "PIPESERVERWRAP",
  "UDPWRAP",
  "PROCESSWRAP",
  "SIGNALWRAP",
  "FSEVENTWRAP",
  "STATWATCHER",
  "HTTP2SESSION",
  "WORKER",
]);

interface Opened {
  readonly kind: string;
  readonly resource: object;
  readonly place: string;
}

export function watchResources(): ResourceWatch {
  const open = new Map<number, Opened>();
  const hook = createHook({
    init: (id, kind, _trigger, resource) => {
      if (KINDS.has(kind)) open.set(id, { kind, resource, place: placeOf(new Error().stack) });
    },
    destroy: (id) => open.delete(id),
  }).enable();
  return {
    listOpen: async () => {
      // Node tells of what has ended a turn later.
      await turn();
      await turn();
      return [...open.values()].filter(keepsAlive).map(({ kind, place }) => `${kind} (${place})`);
    },
    [Symbol.dispose]: () => void hook.disable(),
  };
}

const keepsAlive = ({ resource }: Opened) =>
  !("hasRef" in resource && typeof resource.hasRef === "function") || resource.hasRef() !== false;

/** The first line of the stack that is not Node's own nor this file's. */
function placeOf(stack = ""): string {
  const lines = stack.split("\n").slice(1);
  const line = lines.find(
    (each) => /\d+:\d+\)?$/.test(each) && !/\(?node:|conformance[\\/]checks[\\/]resources\./.test(each),
  );
  return line === undefined ? "made by Node itself" : `made at ${line.trim().replace(/^at /, "")}`;
}
