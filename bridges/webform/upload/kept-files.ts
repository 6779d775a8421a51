import type { SpooledFile } from "./spool.ts";

/** Files of forms that have to be sent once more: they wait for that, so that they need not be chosen again. */
export interface KeptFiles {
  /** Takes the files over. @returns false when there is no room: they are removed then. */
  keep(nonce: string, files: readonly SpooledFile[]): Promise<boolean>;
  /** Gives them back to the caller, who has to remove them. */
  take(nonce: string): readonly SpooledFile[];
  close(): Promise<void>;
}

const KEPT_MS = 60 * 60_000;
/** On this machine's disk, for one form. */
const MOST_BYTES = 512 * 1024 * 1024;
const MOST_FORMS = 2_000;

export function createKeptFiles({ keptMs = KEPT_MS, mostBytes = MOST_BYTES } = {}): KeptFiles {
  const kept = new Map<string, { readonly files: readonly SpooledFile[]; readonly timer: NodeJS.Timeout }>();
  let bytes = 0;
  const take = (nonce: string): readonly SpooledFile[] => {
    const found = kept.get(nonce);
    if (!found) return [];
    kept.delete(nonce);
    clearTimeout(found.timer);
    bytes -= sizeOf(found.files);
    return found.files;
  };
  return {
    async keep(nonce, files) {
      if (files.length === 0) return true;
      if (bytes + sizeOf(files) > mostBytes || kept.size >= MOST_FORMS) {
        await removeAll(files);
        return false;
      }
      bytes += sizeOf(files);
      kept.set(nonce, { files, timer: setTimeout(() => void removeAll(take(nonce)), keptMs).unref() });
      return true;
    },
    take,
    async close() {
      await Promise.all([...kept.keys()].map((nonce) => removeAll(take(nonce))));
    },
  };
}

const sizeOf = (files: readonly SpooledFile[]) => files.reduce((sum, { size }) => sum + size, 0);

export const removeAll = async (files: readonly SpooledFile[]): Promise<void> => {
  await Promise.all(files.map((file) => file.remove().catch(() => {})));
};
