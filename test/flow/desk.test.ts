import { afterAll, beforeAll, describe } from "vitest";
import { type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";
import { citizensCases } from "./desk/citizens.ts";
import { filesCases } from "./desk/files.ts";
import { leavingCases } from "./desk/leaving.ts";
import { requestsCases } from "./desk/requests.ts";
import { undoCases } from "./desk/undo.ts";

const lacking = missing("synapse");

// One house for all cases, because starting one takes longer than most of them.
describe.skipIf(lacking)(`agents and citizens in Matrix ${lacking ?? ""}`, { timeout: 90_000 }, () => {
  let opened: House | undefined;
  const house = () => {
    if (!opened) throw new Error("the house is not open");
    return opened;
  };
  beforeAll(async () => {
    opened = await openHouse({
      maxMailBytes: 80 * 1024 * 1024,
      others: { care: { replies: "all", undo_seconds: 6 } },
      synapseLog: "INFO",
      synapseConfig: { max_upload_size: "51M" },
    });
  });
  afterAll(() => opened?.close());

  leavingCases(house);
  undoCases(house);
  citizensCases(house);
  requestsCases(house);
  filesCases(house);
});
