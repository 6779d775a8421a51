import { createPostgresBackend, createRedisBackend, type JobsOptions, runMigrations, withBackend } from "bullmq";
import { Redis } from "ioredis";
import { compareTexts } from "../domain/compare-texts.ts";
import { gather } from "../domain/gather.ts";
import { openPreparedPool } from "../store/prepared-pool.ts";

/** Where the queue lives. Its contents may be lost at any time: they only say which lanes have work. */
export type QueuePlace =
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "redis"; readonly url: string };

/** All that a job says. */
export interface LaneJob {
  readonly name: "work" | "timer";
  readonly lane: string;
  /** The channel or agency that shares the workers with others. */
  readonly whose: string;
}

export interface BackendOptions {
  readonly run: (job: LaneJob) => Promise<void>;
  readonly concurrency: number;
  /** Jobs of a worker that died are with another after this time at the latest, in milliseconds. */
  readonly recoverMs: number;
  readonly onFault: (error: Error) => void;
}

/** BullMQ on either of its backends, as far as lanes need it. */
export interface Backend {
  add(job: LaneJob, options: JobsOptions): Promise<void>;
  obliterate(): Promise<void>;
  /** Begins to take jobs. */
  start(): void;
  /**
   * Takes no more jobs, waits for those that run and for what else has to be told, and tells the server how they ended:
   * for ever, if it is away.
   */
  close(rest: () => Promise<void>): Promise<void>;
  /** Ends a `close` that can't end by itself. */
  disconnect(): void;
}

const NAME = "guichet-lanes";
/** BullMQ's own, in our database. */
const SCHEMA = "bullmq";

/** Resolves when the queue can be used. */
export async function openBackend(place: QueuePlace, options: BackendOptions): Promise<Backend> {
  const parts = place.kind === "postgres" ? await openPostgres(place.url, options) : openRedis(place.url, options);
  const { queue, worker } = parts;
  queue.on("error", options.onFault);
  worker.on("error", options.onFault);
  const disconnect = () => {
    for (const part of [worker, queue]) part.disconnect().catch(options.onFault);
    parts.disconnect();
  };
  const close = async (rest: () => Promise<void>) => {
    await worker.close();
    await rest();
    await queue.close();
    parts.disconnect();
  };
  try {
    // The worker too: BullMQ never tries again to open one that could not be opened.
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  } catch (error) {
    disconnect();
    throw error;
  }
  const add = gather(async (jobs: readonly { job: LaneJob; how: JobsOptions }[]) => {
    // In one order everywhere, as each takes a lock of its own on the way.
    const ordered = jobs.toSorted((a, b) => compareTexts(idOf(a.how), idOf(b.how)));
    await queue.addBulk(ordered.map(({ job, how }) => ({ name: job.name, data: job, opts: how })));
    return jobs.map(() => undefined);
  });
  return {
    add: (job, how) => add({ job, how }),
    obliterate: () => queue.obliterate({ force: true }),
    start: () => void worker.run().catch(options.onFault),
    close,
    disconnect,
  };
}

const idOf = ({ deduplication }: JobsOptions) => deduplication?.id ?? "";

function workerSettings({ concurrency, recoverMs }: BackendOptions) {
  return {
    autorun: false,
    concurrency,
    // A job is with another worker once its lock ran out and the next look after that was taken.
    lockDuration: recoverMs / 2,
    stalledInterval: recoverMs / 4,
    // Rows decide what is to be done: a job that runs twice does no harm and is recovered as often as it takes.
    maxStalledCount: 1_000_000,
    runRetryDelay: 1_000,
  };
}

/** Connections for adding, for the steps of jobs, and the one that listens. */
const POOL_SIZE = 8;

async function openPostgres(url: string, options: BackendOptions) {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  // Relaxed commits: what a crash loses of the queue, the sweep finds again.
  const pool = openPreparedPool({
    url,
    schema: SCHEMA,
    connections: POOL_SIZE,
    applicationName: "guichet-queue",
    onFault: options.onFault,
  });
  try {
    const client = await pool.connect();
    await runMigrations(client, SCHEMA).finally(() => client.release());
  } catch (error) {
    await pool.end();
    throw error;
  }
  const queue = new Queue<LaneJob>(NAME, { connection: pool });
  const worker = new Worker<LaneJob>(NAME, (job) => options.run(job.data), {
    ...workerSettings(options),
    connection: pool,
  });
  return { queue, worker, disconnect: () => void pool.end().catch(options.onFault) };
}

function openRedis(url: string, options: BackendOptions) {
  const { Queue, Worker } = withBackend(createRedisBackend);
  // Adding fails fast, as the sweep adds again; a worker waits for Redis for ever, as BullMQ asks.
  const adding = new Redis(url, { maxRetriesPerRequest: 1 });
  const working = new Redis(url, { maxRetriesPerRequest: null });
  for (const connection of [adding, working]) connection.on("error", options.onFault);
  const queue = new Queue<LaneJob>(NAME, { connection: adding });
  const worker = new Worker<LaneJob>(NAME, (job) => options.run(job.data), {
    ...workerSettings(options),
    connection: working,
  });
  const disconnect = () => {
    adding.disconnect();
    working.disconnect();
  };
  return { queue, worker, disconnect };
}
