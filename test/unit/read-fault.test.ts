import { expect, test } from "vitest";
import { DeliveryError } from "../../src/adapter/index.ts";
import { readFault } from "../../src/outbox/read-fault.ts";

/** As a bridge throws it that was loaded with a guichet/adapter of its own. */
const foreign = (members: object) => Object.assign(new Error("words"), { name: "DeliveryError", ...members });

test("a DeliveryError is known by its class, or else by its shape", () => {
  const own = new DeliveryError("retry", "SMTP_450");
  expect(readFault(own)).toBe(own);
  expect(readFault(foreign({ consequence: "rejected", code: "IRC_401", remoteAnswer: "No such nick" }))).toMatchObject({
    consequence: "rejected",
    code: "IRC_401",
    remoteAnswer: "No such nick",
  });
  expect(readFault(foreign({ consequence: "unknown", code: "IRC_CONNECTION", remoteAnswer: undefined }))).toMatchObject(
    {
      consequence: "unknown",
      remoteAnswer: undefined,
    },
  );
});

test.each([
  ["a consequence that is none", foreign({ consequence: "later", code: "A_CODE" })],
  ["a code that is none", foreign({ consequence: "retry", code: "anna@example.org" })],
  ["nothing but the name", foreign({})],
  ["another error", Object.assign(new Error("words"), { consequence: "retry", code: "A_CODE" })],
  ["no error", { name: "DeliveryError", consequence: "retry", code: "A_CODE" }],
  ["nothing", undefined],
])("%s breaks the contract", (_name, error) => {
  expect(readFault(error)).toBeUndefined();
});
