import { z } from "zod";

/** What the citizens of `bench forms` are to do. */
export const floodOrder = z.object({
  port: z.int(),
  path: z.string(),
  /** Of the form's tokens, in base64. */
  key: z.string(),
  perSecond: z.int(),
  seconds: z.int(),
  /** Number of the first citizen. */
  from: z.int(),
});
export type FloodOrder = z.output<typeof floodOrder>;

export const floodResult = z.object({
  /** How many were answered with each status; 0: the connection broke. */
  statuses: z.array(z.tuple([z.int(), z.int()])),
  /** From the moment in which it was due, in milliseconds. */
  latencies: z.array(z.number()),
  /** Until the last answer. */
  seconds: z.number(),
});
export type FloodResult = z.output<typeof floodResult>;
