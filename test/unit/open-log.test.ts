import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("an error's rows never reach the log", () => {
  const script = `
    import { openLog } from "./src/cli/open-log.ts";
    const error = Object.assign(new Error("duplicate key"), { code: "23505", detail: "Key (address)=(jeanne@example.org)" });
    openLog("info").error({ err: error }, "failed");`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script], {
    encoding: "utf8",
  });
  expect(JSON.parse(stdout)).toMatchObject({ err: { type: "Error", code: "23505", message: "duplicate key" } });
  expect(stdout).not.toContain("jeanne");
});
