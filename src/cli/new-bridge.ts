import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Command } from "commander";
import { GuichetError } from "../domain/guichet-error.ts";
import { isRecord } from "../domain/is-record.ts";

/** The package that is copied; its own tests run with guichet's. */
const SKELETON = "guichet-bridge-skeleton";
const PREFIX = "guichet-bridge-";
const NAME = /^(@[a-z0-9-][a-z0-9-._]*\/)?(?:guichet-bridge-)?([a-z](?:[a-z0-9-]{0,30}[a-z0-9])?)$/;

export function newBridgeCommand(): Command {
  return new Command("new-bridge")
    .description("write the skeleton of a bridge of your own: a package with one source file, its test and a README")
    .argument("<name>", "kind of channel, such as chat, or the name of the package, such as @town/guichet-bridge-chat")
    .option("--folder <folder>", "where to write it (default: the package's name)")
    .action((name: string, { folder }: { folder?: string }) => {
      const names = readName(name);
      const target = folder ?? names.folder;
      writeSkeleton(names, target);
      process.stdout.write(sayNext(target));
    });
}

interface Names {
  /** Type of the bridge. */
  readonly word: string;
  readonly package: string;
  readonly folder: string;
}

function readName(text: string): Names {
  const [, scope = "", word] = NAME.exec(text) ?? [];
  if (word === undefined) {
    throw new GuichetError(
      "NEW_BRIDGE_NAME",
      `${JSON.stringify(text)} is no name for a bridge: take a lower-case word of at most 32 letters, digits and hyphens that begins with a letter, such as chat.`,
    );
  }
  return { word, package: `${scope}${PREFIX}${word}`, folder: `${PREFIX}${word}` };
}

function writeSkeleton(names: Names, target: string): void {
  const root = dirname(findPackageJSON("..", import.meta.url) ?? "");
  const source = join(root, "examples", SKELETON);
  const files = readdirSync(source, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  const inTheWay = files.find((file) => existsSync(join(target, file)));
  if (inTheWay !== undefined) {
    throw new GuichetError(
      "NEW_BRIDGE_EXISTS",
      `${join(target, inTheWay)} exists already: name another folder with --folder.`,
    );
  }
  mkdirSync(target, { recursive: true });
  for (const file of files) {
    const text = rename(readFileSync(join(source, file), "utf8"), names);
    const whole = file === "package.json" ? withGuichet(text, root, target) : text;
    writeFileSync(join(target, file), whole, { flag: "wx" });
  }
}

const rename = (text: string, names: Names) =>
  text
    .replaceAll(SKELETON, names.package)
    .replaceAll("SKELETON", names.word.toUpperCase().replaceAll("-", "_"))
    .replaceAll("skeleton", names.word);

/** What the package is built against: this guichet. One in a node_modules is named by its version, a clone by its path. */
function withGuichet(manifest: string, root: string, target: string): string {
  const read: unknown = JSON.parse(manifest);
  const own: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (!isRecord(read) || !isRecord(read.devDependencies) || !isRecord(own)) return manifest;
  const isInstalled = root.split(sep).includes("node_modules");
  const guichet = isInstalled ? `^${String(own.version)}` : `file:${relative(resolve(target), root)}`;
  const devDependencies = { ...read.devDependencies, guichet };
  return `${JSON.stringify({ ...read, devDependencies }, undefined, 2)}\n`;
}

const sayNext = (target: string) => `Wrote ${target}: a bridge that runs as it is, messages as JSON by HTTP.

What you do next:
1. cd ${target} && npm install && npm test
2. Put your channel in the place of HTTP in index.ts; docs/writing-a-bridge.md explains the contract.
3. Name it in a configuration: use: ./${join(relative("", target), "index.ts")}
`;
