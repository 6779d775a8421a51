import type { DeskTexts } from "../desk/texts.ts";
import type { ConversationId } from "../domain/ids.ts";
import { type Context, object, objectBeside } from "./intake.ts";
import { listOpenings } from "./opening.ts";

/** Lists the commands, where it was asked. */
export async function sayHelp(context: Context, conversation: ConversationId | undefined): Promise<undefined> {
  const { parts, room } = context;
  const agency = parts.agencyOf(room);
  const openings = agency ? listOpenings(parts.channelsOf(agency.id)) : [];
  const choose = (texts: DeskTexts) => texts.help(openings, agency?.replies ?? "explicit");
  return conversation ? object(context, conversation, choose) : objectBeside(context, choose, "help");
}
