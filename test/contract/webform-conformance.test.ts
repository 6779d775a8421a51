import webform from "../../bridges/webform/index.ts";
import { conformsToContract } from "../../src/conformance/index.ts";
import { openFormHarness } from "../support/form-harness.ts";

const { definition, harness } = openFormHarness(webform);
conformsToContract(definition, harness);
