import { z } from "zod";
import { isTimeZone } from "../../src/adapter/index.ts";

const time = () =>
  z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .meta({ allowed: "a time such as 21:00" });

/** When texts that guichet writes by itself wait. */
export const quietHours = z
  .object({
    from: time().describe("When they begin.").meta({ example: "21:00" }),
    to: time().describe("When they end.").meta({ example: "08:00" }),
    time_zone: z
      .string()
      .refine(isTimeZone, "a time zone such as Europe/Paris")
      .describe("Time zone of the two (IANA).")
      .meta({ example: "Europe/Paris", allowed: "a time zone such as Europe/Paris" }),
  })
  .describe("Hours in which texts that guichet writes by itself wait; agents' answers do not.");

export type QuietHours = z.output<typeof quietHours>;

/** True within the hours, which may go over midnight. */
export function isQuiet({ from, to, time_zone }: QuietHours, at: Date): boolean {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: time_zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const now = clock.format(at);
  return from <= to ? from <= now && now < to : from <= now || now < to;
}
