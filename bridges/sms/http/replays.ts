/** Memory of the requests that were taken: the same one again has no effect, and gets the same reply. */
export interface Replays<Reply> {
  read(proof: string): Reply | undefined;
  /** @param goodFor milliseconds in which it may come again; afterwards its timestamp is refused. */
  keep(proof: string, reply: Reply, goodFor: number): void;
}

/** 44 octets each: at most a few megabytes. */
const MOST = 20_000;

export function createReplays<Reply>(now: () => Date, most = MOST): Replays<Reply> {
  const kept = new Map<string, { readonly reply: Reply; readonly end: number }>();
  return {
    read: (proof) => {
      const found = kept.get(proof);
      return found !== undefined && found.end >= now().getTime() ? found.reply : undefined;
    },
    keep: (proof, reply, goodFor) => {
      kept.delete(proof);
      kept.set(proof, { reply, end: now().getTime() + goodFor });
      for (const [oldest, { end }] of kept) {
        if (kept.size <= most && end >= now().getTime()) break;
        kept.delete(oldest);
      }
    },
  };
}
