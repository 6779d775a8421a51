import { z } from "zod";

/** What the demo prints for programs, as far as the pictures need it. */
export const addresses = z.object({
  homeserver: z.string(),
  domain: z.string(),
  agent: z.object({ user_id: z.string(), password: z.string(), access_token: z.string() }),
  page: z.string(),
  agencies: z.record(z.string(), z.object({ room_id: z.string() })),
  channels: z.record(
    z.string(),
    z.object({
      address: z.string().optional(),
      url: z.string().optional(),
      smtp: z.object({ host: z.string(), port: z.int() }).optional(),
    }),
  ),
});
export type Demo = z.output<typeof addresses>;
