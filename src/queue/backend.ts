import { createPostgresBackend, createRedisBackend, type JobsOptions, withBackend } from "bullmq";
import { Redis } from "ioredis";
import { LosableClient } from "../store/client.ts";

/** Where the queue lives. Its contents may be lost at any time: they only say which lanes have work. */
export type QueuePlace =
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "redis"; readonly url: string };

/** All that a job says. */
export interface LaneJob {
  readonly name: "work" | "timer";
  readonly lane: string;
}

/** BullMQ on either of its backends, as far as lanes need it. */
export interface Backend {
  ready(): Promise<unknown>;
  add(job: LaneJob, options: JobsOptions): Promise<unknown>;
  obliterate(): Promise<void>;
  work(run: (job: LaneJob) => Promise<void>, concurrency: number): { close(): Promise<void> };
  close(): Promise<void>;
}

const NAME = "guichet-lanes";

/**
 * A worker that died is noticed after these, in milliseconds; until then its lanes wait. Rows decide what is to be done,
 * so a job that is run twice does no harm and may be recovered as often as it takes.
 */
const RECOVERY = { lockDuration: 5_000, stalledInterval: 2_500, maxStalledCount: 1_000_000 };

export function openBackend(place: QueuePlace, onFault: (error: Error) => void): Backend {
  return place.kind === "postgres" ? openPostgres(place.url, onFault) : openRedis(place.url, onFault);
}

function openPostgres(url: string, onFault: (error: Error) => void): Backend {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  // Relaxed commits: what a crash loses of the queue, the sweep finds again.
  const options = "-c synchronous_commit=off -c application_name=guichet-queue";
  const connection = { Client: LosableClient, connectionString: url, options, migrate: true };
  const queue = new Queue<LaneJob>(NAME, { connection: { ...connection, max: 4 } });
  queue.on("error", onFault);
  return {
    ready: () => queue.waitUntilReady(),
    add: (job, how) => queue.add(job.name, job, how),
    obliterate: () => queue.obliterate({ force: true }),
    work(run, concurrency) {
      const settings = { connection: { ...connection, max: 8 }, concurrency, ...RECOVERY };
      const worker = new Worker<LaneJob>(NAME, (job) => run(job.data), settings);
      worker.on("error", onFault);
      return worker;
    },
    close: () => queue.close(),
  };
}

function openRedis(url: string, onFault: (error: Error) => void): Backend {
  const { Queue, Worker } = withBackend(createRedisBackend);
  // Adding fails fast, as the sweep adds again; a worker waits for Redis for ever, as BullMQ asks.
  const adding = new Redis(url, { maxRetriesPerRequest: 1 });
  const waiting = new Redis(url, { maxRetriesPerRequest: null });
  for (const connection of [adding, waiting]) connection.on("error", onFault);
  const queue = new Queue<LaneJob>(NAME, { connection: adding });
  queue.on("error", onFault);
  return {
    ready: () => queue.waitUntilReady(),
    add: (job, how) => queue.add(job.name, job, how),
    obliterate: () => queue.obliterate({ force: true }),
    work(run, concurrency) {
      const worker = new Worker<LaneJob>(NAME, (job) => run(job.data), {
        connection: waiting,
        concurrency,
        ...RECOVERY,
      });
      worker.on("error", onFault);
      return worker;
    },
    async close() {
      await queue.close();
      adding.disconnect();
      waiting.disconnect();
    },
  };
}
