import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import { type Profile, profileSchema } from "./profile.ts";

/** Names of the profiles that come with guichet. */
export const BUNDLED = ["kannel", "twilio", "vonage", "ovhcloud", "generic"] as const;

const FOLDER = new URL("profiles/", import.meta.url);

/** A profile that cannot be used; each fault has file, line and path, and holds no secret: a profile has none. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("; "));
    this.faults = faults;
  }
}

/** @throws ProfileError when the file is not there or has faults, all of them at once. */
export const loadProfile = (
  source: { readonly bundled: (typeof BUNDLED)[number] } | { readonly file: string },
): Profile =>
  "file" in source
    ? parseProfile(readText(source.file), basename(source.file))
    : parseProfile(readText(new URL(`${source.bundled}.yaml`, FOLDER)), `${source.bundled}.yaml`);

function readText(file: string | URL): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new ProfileError([`${basename(String(file))}: a file that cannot be read (${code})`]);
  }
}

/** @param file its name in faults. @throws ProfileError */
export function parseProfile(text: string, file: string): Profile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const broken = [...document.errors, ...document.warnings].map(({ pos, code }) => `${at(pos[0])} the YAML (${code})`);
  if (broken.length > 0) throw new ProfileError(broken);
  const read = profileSchema.safeParse(document.toJS());
  if (read.success) return read.data;
  throw new ProfileError(
    read.error.issues.map(({ path, message }) => {
      // The nearest value that is there: a missing one has no place of its own.
      const depth = path.findLastIndex((_, index) => isNode(document.getIn(path.slice(0, index + 1), true)));
      const node = document.getIn(path.slice(0, depth + 1), true);
      const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
      return `${at(offset)} ${path.map(String).join(".") || "the profile"}: ${message}`;
    }),
  );
}
