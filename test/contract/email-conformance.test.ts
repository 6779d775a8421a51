import { describe } from "vitest";
import email from "../../bridges/email/index.ts";
import { conformsToContract } from "../../src/conformance/index.ts";
import { emailHarness, emailIntakeHarness } from "../support/email-harness.ts";

describe("with a submission server", () => conformsToContract(email, emailHarness));
describe("that only receives", () => conformsToContract(email, emailIntakeHarness));
