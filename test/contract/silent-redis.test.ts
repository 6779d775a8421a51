import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBackend } from "../../src/queue/backend.ts";
import { missing } from "../support/needs.ts";
import { type Redis, startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const lacks = missing("redis-server");

describe.skipIf(lacks)(`a Redis that says nothing${lacks ? ` (${lacks})` : ""}`, () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.close());

  test("holds up nobody for ever: what is added fails, and is added once it speaks again", async () => {
    const options = { house: "test", takes: [], run: async () => undefined, concurrency: 1, recoverMs: 2_000 };
    const backend = await openBackend({ kind: "redis", url: redis.url }, { ...options, onFault: () => undefined });
    const add = () => backend.add("intake", { name: "work", lane: "in/one", whose: "mail" }, {});
    await add();
    redis.signal("SIGSTOP");
    const began = Date.now();
    await expect(add()).rejects.toThrow();
    expect(Date.now() - began).toBeLessThan(25_000);
    redis.signal("SIGCONT");
    await until("the connection is back", () =>
      add().then(
        () => true,
        () => false,
      ),
    );
    await backend.drain();
    await backend.close();
  }, 60_000);
});
