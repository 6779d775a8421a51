#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=25
// The flags keep the heap (its young part in MB, and how far it grows before it is cleared) from filling with what nobody
// needs any more: a third of all memory under load, for no gain in time.
// Plain JavaScript that an older Node can parse, so that it can say what is missing instead of failing on TypeScript.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const NEEDED = 24;
const major = (version) => Number(version.replace(/^v/, "").split(".")[0]);

if (major(process.versions.node) >= NEEDED) {
  // What Node makes of the sources is kept: starts take half the time, and threads less memory. It does without where it may not write.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("../node_modules/.cache/guichet", import.meta.url));
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  const source = new URL("./main.ts", import.meta.url);
  // Node strips no types under node_modules: an installed package brings its own build instead of its source.
  await import((existsSync(source) ? source : new URL("../dist/src/main.js", import.meta.url)).href);
} else {
  handOver();
}

/** Runs the same command line with the Node that npm installed beside us. */
function handOver() {
  const node = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  const version = existsSync(node) ? spawnSync(node, ["--version"], { encoding: "utf8" }).stdout || "" : "";
  if (!(major(version) >= NEEDED)) {
    const cure = `install Node ${NEEDED} or later (https://nodejs.org), or run npm install in guichet's folder`;
    process.stderr.write(`guichet needs Node ${NEEDED} and this is ${process.version}: ${cure}.\n`);
    process.exit(1);
  }
  const flags = ["--max-semi-space-size=4", "--heap-growing-percent=25"];
  const child = spawn(node, [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    process.exitCode = code === null ? 1 : code;
  });
}
