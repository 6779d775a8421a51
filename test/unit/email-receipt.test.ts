import { describe, expect, test } from "vitest";
import { ownAddress } from "../../bridges/email/addresses.ts";
import type { RecipientReport, Report } from "../../bridges/email/reports/report.ts";
import { toReceipt } from "../../bridges/email/reports/to-receipt.ts";

const own = ownAddress("mairie@town.example", "+");
const at = new Date(1_800_000_000_000);
const about = { messageIds: ["1-abc-7@Town.example", "other@x.example"], cameTo: [] };
const take = (report: Report, languages = ["en"]) => toReceipt(report, own, { languages, at });
const delivery = (...recipients: RecipientReport[]): Report => ({ kind: "delivery", recipients, about });

describe("a report as the core takes it", () => {
  test("a bounce", () =>
    expect(
      take(
        delivery({
          address: "a@x.example",
          state: "failed",
          verdict: "permanent",
          reason: "MAILBOX_FULL",
          remoteAnswer: "552 full",
        }),
        ["fr"],
      ),
    ).toEqual({
      about: { deliveryIds: ["1-abc-7"], remoteIds: about.messageIds },
      recipient: "a@x.example",
      state: "failed",
      code: "MAILBOX_FULL",
      remark: "la boîte de réception est pleine",
      remoteAnswer: "552 full",
      at,
    }));
  test("the worst of several recipients counts, and is named", () =>
    expect(
      take(
        delivery(
          { address: "a@x.example", state: "delivered", reason: "OTHER" },
          { address: "b@x.example", state: "failed", reason: "NO_SUCH_USER" },
          { address: "c@x.example", state: "delayed", reason: "EXPIRED" },
        ),
      ),
    ).toMatchObject({ state: "failed", remark: "b@x.example: this address does not exist" }));
  test.each<[string, Report, string | undefined]>([
    ["delivered", delivery({ state: "delivered", reason: "OTHER" }), "delivered"],
    ["delayed", delivery({ state: "delayed", reason: "UNREACHABLE" }), "delayed"],
    ["relayed", delivery({ state: "relayed", reason: "OTHER" }), undefined],
    ["displayed", { kind: "read", disposition: "displayed", about }, "read"],
    ["denied", { kind: "read", disposition: "denied", about }, undefined],
    ["a complaint", { kind: "complaint", type: "abuse", addresses: [], about }, undefined],
  ])("%s", (_, report, state) => expect(take(report)?.state).toBe(state));
  test("the envelope's name is asked too", () =>
    expect(
      take({ kind: "read", disposition: "displayed", about: { messageIds: [], envelopeId: "1-abc-7", cameTo: [] } })
        ?.about,
    ).toEqual({ deliveryIds: ["1-abc-7"], remoteIds: [] }));
});
