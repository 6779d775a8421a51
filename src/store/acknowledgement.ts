import { type Kysely, sql } from "kysely";
import type { ConversationId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";
import { noteSteps } from "./step.ts";

/** What has been acknowledged lately. */
export interface Acknowledged {
  /** Within a day: to the address, on any channel of the agency. */
  readonly toAddress: boolean;
  /** Within an hour: on the channel. */
  readonly onChannel: number;
}

export async function readAcknowledged(
  db: Kysely<Schema>,
  { agency, channel, address }: { agency: string; channel: string; address: string },
): Promise<Acknowledged> {
  const { rows } = await sql<{ to_address: boolean; on_channel: string }>`
    select
      exists (select 1 from outbox o join conversation c on c.id = o.conversation_id
        where o.kind = 'acknowledgement' and o.address = ${address} and o.written_at > now() - interval '1 day'
        and c.agency = ${agency}) as to_address,
      (select count(*) from outbox o join conversation c on c.id = o.conversation_id
        where o.kind = 'acknowledgement' and o.written_at > now() - interval '1 hour'
        and coalesce(o.channel, c.channel) = ${channel}) as on_channel`.execute(db);
  return { toAddress: rows[0]?.to_address ?? false, onChannel: Number(rows[0]?.on_channel ?? 0) };
}

export async function addAcknowledgement(
  db: Kysely<Schema>,
  acknowledgement: {
    conversation: ConversationId;
    /** Left out: the conversation's own. */
    channel?: string | undefined;
    address: string;
    text: string;
    /** Name of the acknowledged message on the channel. */
    inReplyTo: string | undefined;
    at: Date;
  },
): Promise<void> {
  await db
    .with("changed", (cte) =>
      cte
        .insertInto("outbox")
        .values({
          kind: "acknowledgement",
          conversation_id: acknowledgement.conversation,
          event_id: null,
          sender: null,
          channel: acknowledgement.channel ?? null,
          address: acknowledgement.address,
          content: JSON.stringify({ text: acknowledgement.text }),
          in_reply_to: acknowledgement.inReplyTo ?? null,
          state: "queued",
          due_at: acknowledgement.at,
          written_at: acknowledgement.at,
        })
        .returning("id"),
    )
    .with("noted", () => noteSteps("outbox_id", { step: "composed" }, { step: "queued" }))
    .selectFrom("changed")
    .select("id")
    .execute();
}
