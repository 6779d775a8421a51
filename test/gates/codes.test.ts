import { expect, test } from "vitest";
import { findLines, listProjectFiles, readLines } from "../support/project-files.ts";

const CODE = "[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+";
/** The homeserver's, and those of Node and of libraries, which are recognised but never given out. */
const FOREIGN =
  /^(M_.*|ERR_.*|HPE_.*|BAD_INDENT|DUPLICATE_KEY|MULTIPLE_DOCS|TAB_AS_INDENT|TAG_RESOLVE_FAILED|(GUICHET|TOWN)_[A-Z_]*(URL|PASSWORD|TOKEN|SECRET))$/;

test("every code that guichet gives out stands in docs/codes.md", () => {
  const sources = listProjectFiles().filter((path) => /^(src|bridges)\/.*\.ts$/.test(path));
  const documented = readLines("docs/codes.md").join("\n");
  const missing = findLines(sources, new RegExp(`"${CODE}"`)).flatMap(({ at, text }) =>
    [...text.matchAll(new RegExp(`"(${CODE})"`, "g"))].flatMap(([, code = ""]) =>
      FOREIGN.test(code) || documented.includes(`\`${code}\``) ? [] : [`${at} ${code}`],
    ),
  );
  expect(missing).toEqual([]);
});
