import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GuichetError } from "../domain/guichet-error.ts";

export interface FolderLock {
  release(): void;
}

/**
 * Claims a folder for this process. The lock names the process and when it began, so that one which a dead process left
 * behind, or whose number another process has now, is known for what it is.
 * @throws GuichetError EMBEDDED_FOLDER_IN_USE while another guichet runs on it.
 */
export function lockFolder(folder: string): FolderLock {
  const lock = join(folder, "guichet.lock");
  const own = `${process.pid} ${beginOf(process.pid) ?? ""}`;
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, own);
  try {
    for (;;) {
      try {
        // A link appears with its content or not at all.
        linkSync(draft, lock);
        return { release: () => rmSync(lock, { force: true }) };
      } catch (error) {
        if (!existsSync(lock)) {
          if (error instanceof Error && "code" in error && error.code === "EEXIST") continue;
          throw error;
        }
      }
      removeStale(lock, folder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function removeStale(lock: string, folder: string): void {
  const found = read(lock);
  if (found === undefined) return;
  const [pid = "", begin = ""] = found.split(" ");
  if (pid && beginOf(Number(pid)) === begin)
    throw new GuichetError(
      "EMBEDDED_FOLDER_IN_USE",
      `Another guichet (process ${pid}) uses ${folder}: stop it first, or give this one a data_folder of its own.`,
    );
  // Moved aside before it is removed: of two processes that find it stale, one moves it and the other finds it gone.
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  // Between reading and moving, another process may have put its own lock there: then it goes back.
  if (read(aside) !== found) linkSync(aside, lock);
  rmSync(aside, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** When a process began, in ticks since boot; undefined when there is none. Off Linux only its being there is known. */
function beginOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return undefined;
  }
  const fields = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
  // A zombie runs no more.
  return fields?.[0] === "Z" ? undefined : (fields?.[19] ?? "");
}
