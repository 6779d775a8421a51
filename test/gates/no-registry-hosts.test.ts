import { expect, test } from "vitest";
import { findLines, listProjectFiles } from "../support/project-files.ts";

// Written in pieces, or this file would be its own first fault.
const HOSTS = [
  ["registry", "npmjs", "org"],
  ["registry", "yarnpkg", "com"],
  ["npm", "pkg", "github", "com"],
  ["pypi", "org"],
  ["files", "pythonhosted", "org"],
  ["deb", "debian", "org"],
  ["security", "debian", "org"],
  ["ghcr", "io"],
  ["docker", "io"],
].map((labels) => labels.join("\\."));

test("no file names a package registry's host: each site installs from its own", () => {
  const found = findLines(listProjectFiles(), new RegExp(`(^|[^\\w-])(${HOSTS.join("|")})\\b`, "i"));
  expect(found).toEqual([]);
});
