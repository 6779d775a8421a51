import { execFileSync } from "node:child_process";
import { chownSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { GuichetError } from "../domain/guichet-error.ts";

/** How a program is started so that it does not run as root, which PostgreSQL refuses. */
export interface Disguise {
  /** Program and arguments that come before the program's own. */
  readonly before: readonly string[];
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** Gives a folder to the user that the program runs as. */
  adopt(folder: string): void;
}

/** Debian has `nobody` always, and `postgres` where its package is. */
const CANDIDATES = ["postgres", "nobody"];

/**
 * As an ordinary user nothing is needed. As root the program runs as another user; where that user cannot pass through
 * the folders above (a clone in a private folder), it keeps one of root's rights, to pass through them.
 * @param paths what the program must reach.
 */
export function disguise(paths: readonly string[]): Disguise {
  if (process.getuid?.() !== 0) return { before: [], ids: {}, adopt: () => undefined };
  const user = findUser();
  const adopt = (folder: string) => chownSync(folder, user.uid, user.gid);
  if (paths.every(isOpenToAll)) return { before: [], ids: user, adopt };
  const before = [
    "setpriv",
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
  ];
  try {
    execFileSync("setpriv", [...before.slice(1), "true"], { stdio: "ignore" });
  } catch {
    throw new GuichetError(
      "EMBEDDED_NO_USER",
      "The embedded PostgreSQL cannot run as root, and no other user may enter its folder: run guichet as an ordinary user, or set database.url.",
    );
  }
  return { before, ids: {}, adopt };
}

function findUser(): { uid: number; gid: number } {
  for (const name of CANDIDATES) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // This machine has no such user; the next name may do.
    }
  }
  throw new GuichetError(
    "EMBEDDED_NO_USER",
    "The embedded PostgreSQL cannot run as root, and there is no user postgres or nobody: run guichet as an ordinary user, or set database.url.",
  );
}

/** Every folder above may be entered by anybody. */
function isOpenToAll(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
