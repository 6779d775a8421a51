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

/** Answers leave by connections that not every process has: they are a queue of their own, and all other lanes are another. */
export type QueueName = "answers" | "intake";
export const QUEUE_NAMES: readonly QueueName[] = ["answers", "intake"];

export interface BackendOptions {
  /** Sets the queues apart from those of another guichet on the same server. */
  readonly house: string;
  /** The queues whose jobs are run here; all of them can be added to. */
  readonly takes: readonly QueueName[];
  readonly run: (job: LaneJob) => Promise<void>;
  readonly concurrency: number;
  /** Jobs of a worker that died are with another after this time at the latest, in milliseconds. */
  readonly recoverMs: number;
  readonly onFault: (error: Error) => void;
}

/** BullMQ on either of its backends, as far as lanes need it. */
export interface Backend {
  add(queue: QueueName, job: LaneJob, options: JobsOptions): Promise<void>;
  obliterate(): Promise<void>;
  /** Begins to take jobs. */
  start(): void;
  /** Takes no more jobs, waits for those that run, and tells the server how they ended: for ever, if it is away. */
  drain(): Promise<void>;
  /** After `drain`: jobs can't be added any more. Waits for those that are being added. */
  close(): Promise<void>;
  /** Ends a `drain` or `close` that can't end by itself. */
  disconnect(): void;
}

/** BullMQ's own, in our database. */
const SCHEMA = "bullmq";

/** Resolves when the queue can be used. */
export async function openBackend(place: QueuePlace, options: BackendOptions): Promise<Backend> {
  const parts = place.kind === "postgres" ? await openPostgres(place.url, options) : openRedis(place.url, options);
  const { queues, workers } = parts;
  const ends = [...workers, ...queues.values()];
  for (const queue of queues.values()) queue.on("error", options.onFault);
  for (const worker of workers) worker.on("error", options.onFault);
  const disconnect = () => {
    for (const end of ends) end.disconnect().catch(options.onFault);
    parts.disconnect();
  };
  try {
    // The workers too: BullMQ never tries again to open one that could not be opened.
    await Promise.all(ends.map((end) => end.waitUntilReady()));
  } catch (error) {
    disconnect();
    throw error;
  }
  const adding = [...queues].map(([name, queue]) => {
    const add = gather(async (jobs: readonly { job: LaneJob; how: JobsOptions }[]) => {
      // In one order everywhere, as each takes a lock of its own on the way.
      const ordered = jobs.toSorted((a, b) => compareTexts(idOf(a.how), idOf(b.how)));
      await queue.addBulk(ordered.map(({ job, how }) => ({ name: job.name, data: job, opts: how })));
      return jobs.map(() => undefined);
    });
    return [name, add] as const;
  });
  const adders = new Map(adding);
  return {
    async add(name, job, how) {
      await adders.get(name)?.({ job, how });
    },
    async obliterate() {
      for (const queue of queues.values()) await queue.obliterate({ force: true });
    },
    start() {
      for (const worker of workers) worker.run().catch(options.onFault);
    },
    async drain() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      parts.disconnect();
    },
    disconnect,
  };
}

const idOf = ({ deduplication }: JobsOptions) => deduplication?.id ?? "";

const nameIn = ({ house }: BackendOptions, name: QueueName) => `guichet-${house}-${name}`;

const openEach = <Name, Opened>(names: readonly Name[], open: (name: Name) => Opened): ReadonlyMap<Name, Opened> =>
  new Map(names.map((name) => [name, open(name)]));

function workerSettings({ concurrency, recoverMs }: BackendOptions) {
  return {
    autorun: false,
    concurrency,
    // A job is with another worker once its lock ran out and the next look after that was taken.
    lockDuration: recoverMs * 0.7,
    stalledInterval: recoverMs * 0.2,
    // Rows decide what is to be done: a job that runs twice does no harm and is recovered as often as it takes.
    maxStalledCount: 1_000_000,
    runRetryDelay: 1_000,
  };
}

/** Connections for adding and for the steps of jobs; each queue that is taken from has one more, which listens. */
const POOL_SIZE = 7;

async function openPostgres(url: string, options: BackendOptions) {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  // Relaxed commits: what a crash loses of the queue, the sweep finds again.
  const pool = openPreparedPool({
    url,
    schema: SCHEMA,
    connections: POOL_SIZE + options.takes.length,
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
  const queues = openEach(QUEUE_NAMES, (name) => new Queue<LaneJob>(nameIn(options, name), { connection: pool }));
  const workers = options.takes.map(
    (name) =>
      new Worker<LaneJob>(nameIn(options, name), (job) => options.run(job.data), {
        ...workerSettings(options),
        connection: pool,
      }),
  );
  return { queues, workers, disconnect: () => void pool.end().catch(options.onFault) };
}

/**
 * A connection to Redis that owes an answer for so long is dead, in milliseconds: a firewall that forgot it tells nobody. A worker
 * waits for jobs by an answer that comes after ten seconds at most.
 */
const SILENT_MS = { adding: 10_000, working: 30_000 };

function openRedis(url: string, options: BackendOptions) {
  const { Queue, Worker } = withBackend(createRedisBackend);
  // Adding fails fast, as the sweep adds again; a worker waits for Redis for ever, as BullMQ asks.
  const adding = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: SILENT_MS.adding,
    socketTimeout: SILENT_MS.adding,
  });
  const working = new Redis(url, { maxRetriesPerRequest: null, socketTimeout: SILENT_MS.working });
  for (const connection of [adding, working]) connection.on("error", options.onFault);
  const queues = openEach(QUEUE_NAMES, (name) => new Queue<LaneJob>(nameIn(options, name), { connection: adding }));
  const workers = options.takes.map(
    (name) =>
      new Worker<LaneJob>(nameIn(options, name), (job) => options.run(job.data), {
        ...workerSettings(options),
        connection: working,
      }),
  );
  const disconnect = () => {
    adding.disconnect();
    working.disconnect();
  };
  return { queues, workers, disconnect };
}
