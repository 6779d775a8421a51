import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Finding, Path } from "./fault.ts";
import { SECRET_FORMS, sayKind } from "./words.ts";

/** Where secrets come from: the environment, and files relative to the configuration's folder. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** @returns the secret itself, or what is wrong with the way it is given; the finding never holds the secret. */
export function resolveSecret(
  value: unknown,
  path: Path,
  sources: SecretSources,
): { text: string } | { finding: Finding } {
  if (typeof value === "string") {
    return value === "" ? { finding: { path, found: "an empty text", allowed: SECRET_FORMS } } : { text: value };
  }
  const [source, ...others] = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const [kind, name] = source ?? [];
  if (others.length > 0 || typeof name !== "string" || name === "") {
    return { finding: { path, found: sayKind(value), allowed: SECRET_FORMS } };
  }
  if (kind === "env") return fromEnvironment(name, [...path, kind], sources);
  if (kind === "file") return fromFile(name, [...path, kind], sources);
  return { finding: { path, found: sayKind(value), allowed: SECRET_FORMS } };
}

function fromEnvironment(name: string, path: Path, { env }: SecretSources) {
  const text = env[name];
  if (text !== undefined && text !== "") return { text };
  const found = `the environment variable ${name}, which is ${text === "" ? "empty" : "not set"}`;
  return { finding: { path, found, allowed: `a variable that holds the secret: set ${name} before guichet starts` } };
}

function fromFile(name: string, path: Path, { folder }: SecretSources) {
  const allowed = "a file that holds the secret and that guichet may read";
  try {
    const text = readFileSync(resolve(folder, name), "utf8").replace(/\r?\n$/, "");
    return text === "" ? { finding: { path, found: `the file ${name}, which is empty`, allowed } } : { text };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return { finding: { path, found: `the file ${name}, which cannot be read (${code})`, allowed } };
  }
}
