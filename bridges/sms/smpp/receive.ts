import type { GatewayHost } from "../gateway.ts";
import { readAddressOf } from "./addresses.ts";
import { STATUS } from "./commands.ts";
import { isAlive } from "./keep-bound.ts";
import type { Link } from "./link.ts";
import type { Pdu, ShortMessage } from "./pdu.ts";
import { readMessage } from "./read-pdu.ts";
import { isReceipt, readReceipt, wordsOf } from "./receipt.ts";
import { type ArrivalName, openRepeats, type Repeats, type SmppSession } from "./repeats.ts";
import type { SmppSettings } from "./settings.ts";
import { readUserData, type UserData } from "./user-data.ts";

/** Takes in what an SMSC delivers: texts, their parts, and receipts. */
export interface Arrivals {
  /** Resolves with the status to answer once the message is durable; rejects when it has to come again. */
  take(pdu: Pdu, link: Link): Promise<number>;
}

/** How soon the SMSC is asked whether it has our answers, in milliseconds. */
const CONFIRM_AFTER = 200;
const CONFIRM_LIMIT = 10_000;

export async function createArrivals(
  gatewayHost: GatewayHost,
  { default_alphabet: alphabet }: Pick<SmppSettings, "default_alphabet">,
): Promise<Arrivals> {
  const { host } = gatewayHost;
  const repeats = await openRepeats(host.notes);
  const sessions = new WeakMap<Link, Session>();
  let links = 0;
  const sessionOf = (link: Link): Session => {
    const known = sessions.get(link);
    if (known !== undefined) return known;
    links += 1;
    const session: Session = { number: links, since: Date.now(), timer: undefined };
    sessions.set(link, session);
    void link.closed.then(() => clearTimeout(session.timer));
    return session;
  };
  const takeReceipt = async (message: ShortMessage, { text }: UserData): Promise<number> => {
    const receipt = readReceipt(message.options, wordsOf(message, text));
    if (receipt === undefined) host.log.warn({ code: "SMPP_RECEIPT_UNREADABLE" }, "a receipt could not be read");
    if (receipt?.state === undefined) return STATUS.ESME_ROK;
    const { id, state, code, remoteAnswer } = receipt;
    const said = remoteAnswer === undefined ? {} : { remoteAnswer };
    await gatewayHost.receipt({ id, state, code, ...said, at: host.now() });
    return STATUS.ESME_ROK;
  };
  const takeText = async (message: ShortMessage, { text, part }: UserData, named?: ArrivalName) => {
    const ends = { from: readAddressOf(message.source), to: readAddressOf(message.destination) };
    const taken = await gatewayHost.received({
      id: named?.name,
      isDoubtful: named?.isDoubtful ?? false,
      ...ends,
      text,
      at: host.now(),
      ...(part === undefined ? {} : { part }),
    });
    return taken === "refused" ? STATUS.ESME_RX_P_APPN : STATUS.ESME_ROK;
  };

  return {
    take: async (pdu, link) => {
      const message = readMessage(pdu);
      const data = readUserData(message, alphabet);
      if (isReceipt(message)) return takeReceipt(message, data);
      // A part names itself: which text, and its place in it.
      if (data.part !== undefined) return takeText(message, data);
      const session = sessionOf(link);
      const named = await repeats.nameOf(message, session);
      const { name } = named;
      try {
        const status = await takeText(message, data, named);
        repeats.answered(name, true);
        confirmSoon(repeats, link, session);
        return status;
      } catch (fault) {
        repeats.answered(name, false);
        throw fault;
      }
    },
  };
}

interface Session extends SmppSession {
  timer: NodeJS.Timeout | undefined;
}

/** What the SMSC answers after our answers proves that it has them: a connection keeps its order. */
function confirmSoon(repeats: Repeats, link: Link, session: Session): void {
  if (session.timer !== undefined || !link.isOpen) return;
  const confirm = async () => {
    const names = repeats.written(session.number);
    if (names.length > 0 && (await isAlive(link, CONFIRM_LIMIT))) await repeats.confirm(names);
    session.timer = undefined;
    if (repeats.written(session.number).length > 0) confirmSoon(repeats, link, session);
  };
  session.timer = setTimeout(() => {
    // A note that cannot be written now is written with the next one.
    confirm().catch(() => {
      session.timer = undefined;
    });
  }, CONFIRM_AFTER);
  session.timer.unref();
}
