/** `guichet/adapter`: all that a bridge may import from the core. */
export { backOff } from "../domain/back-off.ts";
export { createInOrder } from "../domain/in-order.ts";
export { pause, untilAborted } from "../domain/pause.ts";
export { isTimeZone } from "../domain/time-zone.ts";
export { escapeHtml } from "../html/write-html.ts";
export {
  type Acceptance,
  type Bridge,
  type BridgeDefinition,
  type BridgeHost,
  type Capabilities,
  type CaseNumber,
  CONTRACT_GENERATION,
  type CountedArrival,
  type Health,
  type Inbox,
  type NewShelfEntry,
  type NewShelfFile,
  type Notes,
  type Opening,
  type Shelf,
  type ShelfEntry,
  type ShelfFile,
} from "./contract.ts";
export {
  type AnsweredMessage,
  type Consequence,
  DeliveryError,
  type DeliveryReceipt,
  type OutboundAttachment,
  type OutboundMessage,
  type OutboundThread,
  type RefusedRecipient,
  type Sent,
} from "./delivery.ts";
export type { InboundAttachment, InboundMessage, Party, SenderTrust, ThreadEvidence } from "./message.ts";
export type { Cost, Draft, Preview } from "./preview.ts";
export type { AskedLanguage, RouteHandler, RouteLimits, RoutePace, Routes, Visit, WaitPage } from "./routes.ts";
export { toWebStream } from "./web-stream.ts";
