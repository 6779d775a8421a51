import { type BridgeHost, backOff, pause } from "../../../src/adapter/index.ts";
import { COMMAND, nameStatus, STATUS } from "./commands.ts";
import { connect, type TlsFiles } from "./connect.ts";
import { type Link, type LinkEvents, NoAnswer, openLink } from "./link.ts";
import { writeBind } from "./pdu.ts";
import type { SmppSettings } from "./settings.ts";
import { codeOfBind } from "./status.ts";

export interface Binding {
  readonly settings: SmppSettings;
  readonly files: TlsFiles;
  readonly command: typeof COMMAND.bind_transceiver | typeof COMMAND.bind_transmitter | typeof COMMAND.bind_receiver;
  readonly log: BridgeHost["log"];
  readonly onMessage: LinkEvents["onMessage"];
  /** Aborts when nothing may be waited for any longer. */
  readonly cut: AbortSignal;
  /** @param link undefined when none can be used any more. */
  onLink(link: Link | undefined): void;
  /** @param code undefined when all is well. */
  onTrouble(code: string | undefined): void;
}

class BindRefused extends Error {
  override readonly name = "BindRefused";
  readonly status: number;

  constructor(status: number) {
    super(`the bind was answered ${nameStatus(status)}`);
    this.status = status;
  }
}

/** A connection that ends sooner was none: without this, a server that throws us out at once would be called without end. */
const SHORTEST_LIFE = 5_000;

/** Binds to the SMSC, and again whenever the connection ends, until the signal aborts; then takes leave. */
export async function keepBound(binding: Binding, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let code = "SMPP_CONNECT";
    try {
      const bound = await bind(binding, signal);
      const since = Date.now();
      binding.onLink(bound.link);
      binding.onTrouble(undefined);
      await stayBound(bound, binding, signal);
      if (Date.now() - since > SHORTEST_LIFE) failures = 0;
    } catch (fault) {
      if (fault instanceof BindRefused) code = codeOfBind(fault.status);
      else if (binding.settings.tls === "implicit" && /TLS|SSL|CERT|SIGNATURE/.test(causeOf(fault))) code = "SMPP_TLS";
      binding.log.warn({ code, cause: causeOf(fault), failures }, "the SMSC cannot be reached now");
    } finally {
      binding.onLink(undefined);
    }
    if (signal.aborted) return;
    if (failures > 0 || code !== "SMPP_CONNECT") binding.onTrouble(code);
    await pause(backOff(failures++), signal);
  }
}

interface Bound {
  readonly link: Link;
  /** Aborts when the SMSC has taken leave. */
  readonly left: AbortSignal;
}

async function bind({ settings, files, command, log, onMessage }: Binding, signal: AbortSignal): Promise<Bound> {
  const socket = await connect(settings, files, signal);
  const leaving = new AbortController();
  const link = openLink(socket, {
    onMessage,
    onUnbind: () => leaving.abort(),
    onBroken: (code) => log.warn({ code }, "the SMSC sent what cannot be read"),
  });
  const end = () => link.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    const login = { systemId: settings.system_id, password: settings.password, systemType: settings.system_type };
    const { status } = await link.request(command, writeBind(login), settings.answer_seconds * 1000);
    if (status !== STATUS.ESME_ROK) throw new BindRefused(status);
    return { link, left: leaving.signal };
  } catch (fault) {
    link.destroy();
    throw fault;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Resolves when the connection has ended. */
async function stayBound({ link, left }: Bound, binding: Binding, signal: AbortSignal): Promise<void> {
  const { settings, log, cut } = binding;
  const ending = AbortSignal.any([signal, left]);
  const closed = link.closed.then(() => "closed" as const);
  while (!ending.aborted) {
    const waiting = new AbortController();
    const until = AbortSignal.any([ending, waiting.signal]);
    const ended = await Promise.race([closed, pause(settings.enquire_seconds * 1000, until)]);
    waiting.abort();
    if (ended === "closed") return;
    if (ending.aborted) break;
    if (!(await isAlive(link, settings.answer_seconds * 1000))) {
      log.warn({ code: "SMPP_SILENT" }, "the SMSC does not answer any more");
      return link.destroy();
    }
  }
  binding.onLink(undefined);
  await Promise.race([link.idle(), closed, pause(settings.answer_seconds * 1000, cut)]);
  if (!left.aborted && !cut.aborted) await link.request(COMMAND.unbind, Buffer.alloc(0), LEAVE_MS).catch(() => {});
  // What came in until then is answered, too.
  await Promise.race([link.idle(), closed, pause(LEAVE_MS, cut)]);
  link.destroy();
  await closed;
}

const LEAVE_MS = 1_000;

/** Asks for a sign of life (SMPP 3.4, 4.11). */
export async function isAlive(link: Link, limitMs: number): Promise<boolean> {
  try {
    await link.request(COMMAND.enquire_link, Buffer.alloc(0), limitMs);
    return true;
  } catch (fault) {
    if (fault instanceof NoAnswer) return false;
    throw fault;
  }
}

function causeOf(fault: unknown): string {
  if (fault instanceof BindRefused) return nameStatus(fault.status);
  if (fault instanceof Error && "code" in fault && typeof fault.code === "string") return fault.code;
  return fault instanceof Error ? fault.name : "unknown";
}
