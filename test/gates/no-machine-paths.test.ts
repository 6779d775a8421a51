import { expect, test } from "vitest";
import { projectFolder } from "../../demo/setup/paths.js";
import { findLines, listProjectFiles } from "../support/project-files.ts";

// Folders that belong to one machine or one person; in pieces, or this file would be its own first fault.
const FOLDERS = ["work", "root", "home", "Users", "tmp"].map((name) => `/${name}/`);
const quote = (text: string) => text.replace(/[.+*?()[\]{}|\\^$]/g, "\\$&");

test("no file names a folder of the machine it was written on", () => {
  const start = `(^|[\\s"'\`(=:])`;
  const found = findLines(
    listProjectFiles(),
    new RegExp(`${start}(${[...FOLDERS, projectFolder].map(quote).join("|")})`),
  );
  expect(found).toEqual([]);
});
