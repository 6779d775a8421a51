import { addAbortSignal } from "node:stream";
import {
  DeliveryError,
  type NewShelfFile,
  type OutboundAttachment,
  type OutboundMessage,
  type Sent,
} from "../../src/adapter/index.ts";
import type { Form } from "./form-context.ts";
import { placeOf, type Said } from "./history.ts";
import { untilOf } from "./receive.ts";

/** Puts an answer on the citizen's page. Any other ending is a `DeliveryError`. */
export async function sendAnswer(form: Form, message: OutboundMessage, signal: AbortSignal): Promise<Sent> {
  const { deliveryId, thread, text, html, fromName, writtenAt, automatic = false, attachments } = message;
  if (signal.aborted) throw new DeliveryError("retry", "FORM_ABORTED");
  const said: Said = {
    by: "agency",
    at: writtenAt.toISOString(),
    name: fromName,
    text,
    ...(html === undefined ? {} : { html }),
    isAutomatic: automatic,
  };
  try {
    await form.host.shelf.put({
      place: placeOf(thread.token),
      key: deliveryId,
      text: JSON.stringify(said),
      until: untilOf(form),
      files: openFiles(attachments, signal),
    });
  } catch (error) {
    // All of it or nothing, and the same answer again is known: it can be tried again whatever happened.
    throw error instanceof DeliveryError ? error : new DeliveryError("retry", codeOf(signal), { cause: error });
  }
  return { remoteId: deliveryId };
}

const codeOf = (signal: AbortSignal) => (signal.aborted ? "FORM_ABORTED" : "FORM_NOT_STORED");

async function* openFiles(
  attachments: readonly OutboundAttachment[],
  signal: AbortSignal,
): AsyncGenerator<NewShelfFile> {
  for (const { name, type, open } of attachments) {
    const content = addAbortSignal(signal, await open(signal));
    try {
      yield { name, type, content };
    } finally {
      content.destroy();
    }
  }
}
