import { createHash, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { Notes } from "../../../src/adapter/index.ts";

/** The key of a form's links and tokens, made once and kept with the channel. */
export interface FormKeys {
  /** Rejects when the store is away. */
  read(): Promise<KeyObject>;
  /** For secrets in the form of texts. */
  readText(): Promise<string>;
}

const NAME = "key";

export function openKeys(notes: Notes): FormKeys {
  let known: Promise<string> | undefined;
  const find = async () => {
    const found = await notes.get(NAME);
    if (found !== undefined) return found;
    await notes.set(NAME, randomBytes(32).toString("base64url"));
    // Another process may have made one at the same time: the last one stays.
    return (await notes.get(NAME)) ?? Promise.reject(new Error("the key of the form cannot be kept"));
  };
  const readText = () => {
    known ??= find().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    readText: async () =>
      createHash("sha256")
        .update(`proof ${await readText()}`)
        .digest("base64url"),
    read: async () => createSecretKey(Buffer.from(await readText(), "base64url")),
  };
}
