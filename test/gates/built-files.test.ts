import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { projectFolder } from "../../demo/setup/paths.js";
import { listProjectFiles } from "../support/project-files.ts";

const packageJson = z
  .object({ files: z.array(z.string()), scripts: z.object({ build: z.string() }) })
  .parse(JSON.parse(readFileSync(`${projectFolder}/package.json`, "utf8")));

test("a package that is built has all that the source reads beside its own modules", () => {
  // tsc writes modules; what else stands beside them, the build copies or the package takes as it is.
  const others = listProjectFiles().filter((path) => /^(src|bridges)\//.test(path) && !path.endsWith(".ts"));
  const copied = [...packageJson.scripts.build.matchAll(/cp -R (\S+) dist\//g)].map(([, folder]) => `${folder}/`);
  expect(others.length).toBeGreaterThan(0);
  const absent = others.filter(
    (path) => !packageJson.files.includes(path) && !copied.some((folder) => path.startsWith(folder)),
  );
  expect(absent).toEqual([]);
});
