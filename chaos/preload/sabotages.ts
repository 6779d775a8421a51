import type { Verdict } from "../take-stock.ts";

/** What is switched off in a module of src: a piece of its text, and what stands there instead. */
export interface Sabotage {
  readonly changes: readonly { readonly module: string; readonly text: string; readonly by: string }[];
  /** Faults that bring the lack to light. */
  readonly faults: readonly string[];
  /** What the lack leads to, any of them. A run that only was too slow has not noticed it. */
  readonly leadsTo: readonly Verdict[];
}

/** The safeguards that `--without` takes away, to see that the harness notices. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  "ack-after-commit": {
    changes: [
      {
        module: "src/inbox/accept.ts",
        text: "const accepted = await store(parts, add, lane, { message, stored }, files);",
        by: `const late = new Promise((resolve) => setTimeout(resolve, 400))
          .then(() => store(parts, add, lane, { message, stored }, files))
          .then(() => parts.wake(lane));
        late.catch(() => undefined);
        const accepted = true;`,
      },
    ],
    faults: ["guichet-killed"],
    leadsTo: ["lost"],
  },
  "fixed-txn-ids": {
    changes: [
      {
        module: "src/matrix/transaction-id.ts",
        text: "JSON.stringify(source)",
        by: "JSON.stringify([...source, Math.random()])",
      },
    ],
    faults: ["guichet-killed", "homeserver-wire-cut-down"],
    leadsTo: ["doubled"],
  },
  fencing: {
    changes: [
      { module: "src/store/lane.ts", text: "where lane.until < clock_timestamp()", by: "where true" },
      {
        module: "src/store/lane.ts",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a module.
        text: "sql<boolean>`exists (select 1 from lane where name = ${fence.lane} and token = ${fence.token} for share)`",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a module.
        by: "sql<boolean>`${fence.lane} is not null`",
      },
    ],
    faults: ["guichet-frozen", "guichet-killed"],
    leadsTo: ["doubled", "reordered"],
  },
  "catch-up": {
    changes: [
      {
        module: "src/matrix/catch-up.ts",
        text: "const missed = since === undefined ? [] : await collect(parts, how, answer, since);",
        by: "const missed: IncomingEvent[] = [];",
      },
    ],
    faults: ["synapse-forgets"],
    leadsTo: ["lost"],
  },
};
