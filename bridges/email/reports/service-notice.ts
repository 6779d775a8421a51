import { z } from "zod";
import { readAbout } from "./about.ts";
import { judge } from "./judge.ts";
import { MOST_RECIPIENTS, type ReadableMail } from "./readable-mail.ts";
import type { ComplaintReport, DeliveryReport } from "./report.ts";

const Recipient = z.object({
  emailAddress: z.string().max(400),
  action: z.string().optional(),
  status: z.string().optional(),
  diagnosticCode: z.string().optional(),
});
/** Amazon SES event notification, as SNS mails it. */
const Notification = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  bounce: z.object({ bounceType: z.string(), bouncedRecipients: z.array(Recipient).min(1) }).optional(),
  complaint: z
    .object({ complainedRecipients: z.array(Recipient), complaintFeedbackType: z.string().optional() })
    .optional(),
  delivery: z
    .object({ recipients: z.array(z.string().max(400)).min(1), smtpResponse: z.string().optional() })
    .optional(),
  mail: z
    .object({
      messageId: z.string().optional(),
      commonHeaders: z.object({ messageId: z.string().optional() }).optional(),
    })
    .optional(),
});
const Wrapped = z.object({ Type: z.literal("Notification"), Message: z.string() });

/** Reads a delivery notification that a sending service mails as JSON. */
export function readServiceNotice(mail: ReadableMail): DeliveryReport | ComplaintReport | undefined {
  if (!/^\s*\{/.test(mail.text) || !/"(?:notificationType|eventType|Message)\\?"/.test(mail.text)) return undefined;
  const outer = parseJson(mail.text);
  const wrapped = Wrapped.safeParse(outer);
  const { data } = Notification.safeParse(wrapped.success ? parseJson(wrapped.data.Message) : outer);
  if (data === undefined) return undefined;
  const about = readAbout(mail, { messageIds: [data.mail?.commonHeaders?.messageId?.replace(/^<|>$/g, "")] });
  if (data.complaint !== undefined)
    return {
      kind: "complaint",
      type: data.complaint.complaintFeedbackType ?? "abuse",
      addresses: data.complaint.complainedRecipients.map(({ emailAddress }) => emailAddress).slice(0, 50),
      about,
    };
  const { bounce, delivery } = data;
  if (bounce !== undefined) {
    const passing = bounce.bounceType === "Transient";
    const recipients = bounce.bouncedRecipients.slice(0, MOST_RECIPIENTS).map((each) =>
      judge({
        address: each.emailAddress,
        state: "failed",
        answer: each.diagnosticCode?.replace(/^[\w-]{1,40};/, ""),
        status: each.status ?? (passing ? "4.0.0" : "5.0.0"),
        notice: "",
      }),
    );
    return { kind: "delivery", recipients, about };
  }
  if (delivery === undefined) return undefined;
  const recipients = delivery.recipients
    .slice(0, MOST_RECIPIENTS)
    .map((address) => judge({ address, state: "delivered", answer: delivery.smtpResponse, notice: "" }));
  return { kind: "delivery", recipients, about };
}

/** The JSON at the start of a mail: what follows its signature line and the folds that servers put into long lines do not count. */
function parseJson(text: string): unknown {
  const body = text.split(/^-- ?$/m, 1)[0] ?? "";
  for (const form of [body, body.replace(/!?\r?\n ?/g, "")]) {
    try {
      return JSON.parse(form);
    } catch {}
  }
  return undefined;
}
