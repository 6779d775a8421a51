/** Runs what has the same key one after the other, and everything else at once. */
export function createInOrder(): <Result>(key: string, run: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return (key, run) => {
    const begun = (last.get(key) ?? Promise.resolve()).then(run, run);
    last.set(key, begun);
    const forget = () => {
      if (last.get(key) === begun) last.delete(key);
    };
    begun.then(forget, forget);
    return begun;
  };
}
