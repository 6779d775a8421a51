import { setTimeout as sleep } from "node:timers/promises";
import type { BridgeHost, DeliveryReceipt } from "../../src/adapter/index.ts";
import { createInOrder } from "../../src/adapter/index.ts";
import type { GatewayReceipt } from "./gateway.ts";
import { spellingsOf } from "./message-ids.ts";
import type { SentPart, SentParts } from "./sent-parts.ts";
import { isTextKey, say } from "./texts.ts";

/** A receipt can overtake the answer to its text, which another process may have sent: how long it waits for it, in milliseconds. */
const WAITS = [150, 450, 900];
/** How long after a text its receipt may be about one whose end the core does not know yet. */
const RECENT_MS = 60_000;

/**
 * Brings receipts of parts together to news of their text: delivered when all parts are, failed when one is.
 * @param lastSubmit when a text was last handed over, in milliseconds since 1970.
 */
export function createReceiptIntake(host: BridgeHost, sentParts: SentParts, lastSubmit: () => number) {
  const inOrder = createInOrder();

  /** @returns false when no text of ours is meant, as far as is known now. */
  const apply = async (receipt: GatewayReceipt): Promise<boolean> => {
    const part = await sentParts.find(receipt.id);
    if (part === undefined)
      // Some gateways name a text as we did, or say that name as well.
      return tell(receipt, {
        deliveryIds: [...new Set([receipt.deliveryId ?? receipt.id, receipt.id])],
        remoteIds: spellingsOf(receipt.id),
      });
    return inOrder(part.deliveryId, () => applyPart(receipt, part));
  };
  const applyPart = async (receipt: GatewayReceipt, part: SentPart) => {
    const isDelivered = receipt.state === "delivered" || receipt.state === "read";
    if (isDelivered && !(await sentParts.deliver(part))) return true;
    return tell(receipt, { deliveryIds: [part.deliveryId], remoteIds: [part.first] });
  };
  const tell = async ({ state, code, remoteAnswer, at }: GatewayReceipt, about: DeliveryReceipt["about"]) => {
    const key = `news.${code}`;
    const applied = await host.inbox.receipt({
      about,
      state,
      code,
      at,
      ...(isTextKey(key) ? { remark: say(key, host.languages) } : {}),
      ...(remoteAnswer === undefined ? {} : { remoteAnswer }),
    });
    return applied === "applied";
  };
  /** As `GatewayHost.receipt`: rejects for a receipt that may be about a text just handed over. */
  return async (receipt: GatewayReceipt): Promise<void> => {
    for (const wait of WAITS) {
      if (await apply(receipt)) return;
      await sleep(wait);
    }
    if (await apply(receipt)) return;
    if (Date.now() - lastSubmit() < RECENT_MS) throw new Error("a receipt came before its text was known");
    host.log.info({ code: "SMS_RECEIPT_UNKNOWN" }, "a receipt is about no text of ours");
  };
}
