import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Counts what a Synapse was asked for, from its own access log: a witness outside guichet, and free of noise. */
export interface RequestCount {
  /** Requests since the last call, by kind. */
  take(): ReadonlyMap<string, number>;
}

/** Reads what was added to a log since the last call: whole lines only, the rest is left for the next time. */
function readOn(log: string): () => string {
  let read = 0;
  return () => {
    const file = openSync(log, "r");
    const bytes = Buffer.alloc(fstatSync(file).size - read);
    readSync(file, bytes, 0, bytes.length, read);
    closeSync(file);
    const whole = bytes.lastIndexOf("\n") + 1;
    read += whole;
    return bytes.toString("utf8", 0, whole);
  };
}

/** @returns a count of the events that were put into rooms since its last call. */
export function countSends(log: string): () => number {
  const readLines = readOn(log);
  return () => readLines().match(/Processed request: .*"PUT \/\S*\/send\//g)?.length ?? 0;
}

/** @param isCounted picks lines of the log; all of them unless told. */
export function countRequests(log: string, isCounted: (line: string) => boolean = () => true): RequestCount {
  const readLines = readOn(log);
  return {
    take() {
      const counts = new Map<string, number>();
      const lines = readLines().split("\n").filter(isCounted).join("\n");
      for (const [, method = "", path = ""] of lines.matchAll(/"(GET|PUT|POST|DELETE) (\/\S+) HTTP/g)) {
        const kind = `${method} ${nameKind(path)}`;
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
      return counts;
    },
  };
}

const KINDS = [
  /\/send\/m\.[a-z.]+/,
  /\/state\/m\.room\.member/,
  /\/register/,
  /\/devices\//,
  /\/redact\//,
  /\/upload/,
  /\/sync/,
  /\/messages/,
  /\/join/,
  /\/profile/,
];

const nameKind = (path: string) =>
  KINDS.map((kind) => kind.exec(path)?.[0]).find((kind) => kind !== undefined) ?? "other";

export const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

export const sayCounts = (counts: ReadonlyMap<string, number>, messages: number) =>
  [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([kind, count]) => `${(count / messages).toFixed(2)} ${kind}`)
    .join(", ");
