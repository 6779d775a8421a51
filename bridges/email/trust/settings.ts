import { z } from "zod";

/** How a channel learns whether its senders are who they say, as the operator writes it. */
export const trust = z
  .object({
    results_of: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Name under which your own mail server writes Authentication-Results (RFC 8601); it must take foreign fields with this name out of what it receives.",
      )
      .meta({ example: "mx.town.example" }),
    verify: z
      .boolean()
      .default(false)
      .describe(
        "Checks SPF, DKIM, DMARC and ARC here. SPF needs a listen that other organisations' servers reach directly, or through PROXY.",
      ),
    name_servers: z
      .array(z.string().min(1))
      .default([])
      .describe("Name servers to ask instead of the system's.")
      .meta({ example: ["127.0.0.1:53"] }),
    arc_sealers: z
      .array(z.string().min(1))
      .default([])
      .describe("Domains of mailing lists and forwarders whose word counts for mail that they passed on (ARC).")
      .meta({ example: ["lists.example.org"] }),
    on_forged: z
      .enum(["show", "hold", "refuse"])
      .default("show")
      .describe(
        "Mail whose sender is forged by its domain's own rules (DMARC). show: with a warning. hold: set aside, and the room is told. refuse: refused with 550 when the domain asks for it; where your own server has taken it already, held.",
      ),
  })
  .refine(({ results_of, verify }) => (results_of !== undefined) !== verify, {
    error: "either results_of or verify: true",
    path: ["results_of"],
  })
  .describe("Tells agents whether the sender is proven. Left out: nothing is checked.");

export type TrustSettings = z.output<typeof trust>;
