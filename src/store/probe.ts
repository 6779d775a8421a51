import { type Kysely, sql } from "kysely";
import pg from "pg";
import { GuichetError } from "../domain/guichet-error.ts";
import type { Schema } from "./schema.ts";

/** What PostgreSQL's own codes mean to whoever wrote `database.url` (PostgreSQL, appendix A). */
const ADVICE: Readonly<Record<string, string>> = {
  "28P01": "it refuses the password",
  "28000": "it does not let this user in from here: see its pg_hba.conf",
  "3D000": "it has no database of this name: create it",
  "57P03": "it is still starting: try again in a moment",
};

/**
 * Asks the database for a sign of life.
 * @throws GuichetError DATABASE_UNREACHABLE with what to do; the address is named without its password.
 */
export async function probeDatabase(db: Kysely<Schema>, url: string): Promise<void> {
  try {
    await sql`select 1`.execute(db);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    const refused = error instanceof pg.DatabaseError ? ADVICE[code] : undefined;
    const why = refused ?? `no connection (${code}): see that it runs, and that this machine reaches it`;
    const message = `The database of database.url (${nameServer(url)}) cannot be used: ${why}.`;
    throw new GuichetError("DATABASE_UNREACHABLE", message, { cause: error });
  }
}

/** Host, port and name: all but user, password and options. */
const nameServer = (url: string) => url.replace(/^[^/]*\/\/(?:.*@)?/, "").replace(/\?.*$/s, "");
