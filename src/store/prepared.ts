import pg from "pg";

/** More than guichet and BullMQ have between them: texts that vary without end must not fill the server's memory. */
const MOST_STATEMENTS = 300;
/** PostgreSQL's feature_not_supported: since it was prepared, a newer process gave its result another shape. */
const OUTDATED = "0A000";

/** Names of the statements that are prepared, the same on all connections; undefined for one that no longer is. */
const names = new Map<string, string | undefined>();

/**
 * Runs a statement so that each connection parses and plans it once: that is half of what a short one costs the server.
 * One that fails because a table changed under it is not prepared from then on.
 */
export async function runPrepared<Result>(
  run: (statement: pg.QueryConfig<unknown[]>) => Promise<Result>,
  text: string,
  values: readonly unknown[],
): Promise<Result> {
  const name = values.length === 0 ? undefined : nameStatement(text);
  try {
    return await run({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === OUTDATED) names.set(text, undefined);
    throw error;
  }
}

function nameStatement(text: string): string | undefined {
  if (!names.has(text) && names.size < MOST_STATEMENTS) names.set(text, `guichet_${names.size}`);
  return names.get(text);
}
