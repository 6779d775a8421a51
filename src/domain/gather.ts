interface Asked<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** What one go takes at most. */
const MOST = 50;

/**
 * Does together what is asked for while the one before is still under way, as a database's group commit does: nobody waits
 * who is alone, and many at once cost little more than one. One that fails takes no other with it: each is tried alone.
 * @param run does all items, and tells the results in their order.
 */
export function gather<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  const waiting: Asked<Item, Result>[] = [];
  let isBusy = false;

  const runAll = async (asked: readonly Asked<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(asked.map(({ item }) => item));
      if (results.length !== asked.length) throw new Error("not a result for each");
      for (const [index, result] of results.entries()) asked[index]?.resolve(result);
    } catch (error) {
      if (asked.length > 1) await Promise.all(asked.map((one) => runAll([one])));
      else asked[0]?.reject(error);
    }
  };
  const drain = async (): Promise<void> => {
    isBusy = true;
    while (waiting.length > 0) await runAll(waiting.splice(0, MOST));
    isBusy = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isBusy) void drain();
    });
}
