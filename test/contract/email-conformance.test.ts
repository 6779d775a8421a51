import { afterAll, beforeAll, describe } from "vitest";
import email from "../../bridges/email/index.ts";
import { conformsToContract } from "../../src/conformance/index.ts";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { emailHarness, emailIntakeHarness } from "../support/email-harness.ts";
import { mailboxHarness } from "../support/mailbox-harness.ts";
import { missing } from "../support/needs.ts";

describe("with a submission server", () => conformsToContract(email, emailHarness));

describe("that only receives", () => conformsToContract(email, emailIntakeHarness));

const absent = missing("dovecot");
describe.skipIf(absent !== undefined)(`on a mailbox${absent === undefined ? "" : ` (${absent})`}`, () => {
  let dovecot: Dovecot;
  beforeAll(async () => {
    dovecot = await startDovecot();
  }, 30_000);
  afterAll(() => dovecot.remove());
  conformsToContract(
    email,
    mailboxHarness(() => dovecot),
  );
});
