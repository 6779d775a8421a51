import { Resolver } from "node:dns/promises";

/**
 * What authentication asks of the DNS. A name without records of the kind answers with none, whether it exists or not;
 * everything else that is no answer (time-out, SERVFAIL) rejects, and means "not known now".
 */
export interface Dns {
  /** Each record as one text, its strings joined (RFC 7208, 3.3). */
  txt(name: string): Promise<readonly string[]>;
  /** Addresses in text form. @param family 4 asks for A, 6 for AAAA. */
  addresses(name: string, family: 4 | 6): Promise<readonly string[]>;
  /** Mail servers, the preferred ones first. */
  mx(name: string): Promise<readonly string[]>;
  /** @param name the address under in-addr.arpa or ip6.arpa. */
  ptr(name: string): Promise<readonly string[]>;
}

/** Milliseconds until one name server is given up, and how often each is asked. */
const ONE_TRY = 2_000;
const TRIES = 2;
/** Node tells no TTL of a TXT record: what was learnt is kept this long, in milliseconds. */
const KEPT = 300_000;
const MOST_KEPT = 2_000;

/**
 * Asks the system's name servers, or those given, and keeps answers for a short time.
 * @param servers as `dns.setServers` takes them: `127.0.0.1:53`.
 */
export function createDns(servers: readonly string[], now: () => number = Date.now): Dns {
  const resolver = new Resolver({ timeout: ONE_TRY, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  const kept = new Map<string, { readonly until: number; readonly records: Promise<readonly string[]> }>();

  const ask = (kind: string, name: string, query: () => Promise<readonly string[]>) => {
    const key = `${kind} ${name.toLowerCase()}`;
    const known = kept.get(key);
    if (known !== undefined && known.until > now()) return known.records;
    const records = query().catch((fault: unknown) => {
      if (isNoRecord(fault)) return [];
      kept.delete(key);
      throw fault;
    });
    // The oldest goes first: a map keeps the order of its keys.
    const oldest = kept.size < MOST_KEPT ? undefined : kept.keys().next().value;
    if (oldest !== undefined) kept.delete(oldest);
    kept.delete(key);
    kept.set(key, { until: now() + KEPT, records });
    return records;
  };
  return {
    txt: (name) => ask("TXT", name, async () => (await resolver.resolveTxt(name)).map((strings) => strings.join(""))),
    addresses: (name, family) =>
      family === 4 ? ask("A", name, () => resolver.resolve4(name)) : ask("AAAA", name, () => resolver.resolve6(name)),
    mx: (name) =>
      ask("MX", name, async () =>
        (await resolver.resolveMx(name))
          .sort((one, other) => one.priority - other.priority)
          .map(({ exchange }) => exchange),
      ),
    ptr: (name) => ask("PTR", name, () => resolver.resolvePtr(name)),
  };
}

const isNoRecord = (fault: unknown) =>
  fault instanceof Error && "code" in fault && (fault.code === "ENOTFOUND" || fault.code === "ENODATA");

/** The same DNS, which has no answer to anything once `signal` aborts. */
export function untilAborted(dns: Dns, signal: AbortSignal): Dns {
  const late = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  late.catch(() => {});
  const within = <T>(answer: Promise<T>) => Promise.race([answer, late]);
  return {
    txt: (name) => within(dns.txt(name)),
    addresses: (name, family) => within(dns.addresses(name, family)),
    mx: (name) => within(dns.mx(name)),
    ptr: (name) => within(dns.ptr(name)),
  };
}
