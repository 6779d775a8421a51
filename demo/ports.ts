import { PORTS } from "./options.js";
import { freePort, isPortFree } from "./setup/free-port.ts";
import { SetUpError } from "./setup/say.js";

/** Ports on 127.0.0.1. */
export interface Ports {
  readonly homeserver: number;
  readonly appservice: number;
  readonly intake: number;
  readonly outside: number;
  /** Undefined: guichet takes a free one. */
  readonly database: number | undefined;
  /** SMPP. */
  readonly smsc: number;
  /** HTTP, for programs that drive the phones. */
  readonly control: number;
  readonly page: number;
  /** Web form. */
  readonly form: number;
}

/**
 * Chooses the demo's ports: consecutive ones from `base`, or free ones.
 * @throws SetUpError when one of the consecutive ports is taken.
 */
export async function choosePorts(base: number | undefined): Promise<Ports> {
  if (base === undefined) {
    const free = await distinctPorts(PORTS - 1);
    const [homeserver = 0, appservice = 0, intake = 0, outside = 0, smsc = 0, control = 0, page = 0, form = 0] = free;
    return { homeserver, appservice, intake, outside, database: undefined, smsc, control, page, form };
  }
  for (let port = base; port < base + PORTS; port += 1) {
    if (await isPortFree(port)) continue;
    const range = `${base} to ${base + PORTS - 1}`;
    throw new SetUpError(
      `Port ${port} is taken, and the demo needs ${range}: give another --port-base, or leave it out for free ports.`,
    );
  }
  const [homeserver, appservice, intake, outside] = [base, base + 1, base + 2, base + 3];
  const [database, smsc, control, page, form] = [base + 4, base + 5, base + 6, base + 7, base + 8];
  return { homeserver, appservice, intake, outside, database, smsc, control, page, form };
}

async function distinctPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
