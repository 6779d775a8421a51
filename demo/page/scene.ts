import type { DemoConfiguration } from "../configuration.ts";
import type { MobileNetwork } from "../sms/mobile-network.ts";
import type { PhoneText } from "../sms/phone-text.ts";
import { arrangeRoom, type RoomThread } from "./arrange-room.ts";
import type { Selection } from "./selection.ts";
import type { FollowedRoom } from "./sources/follow-room.ts";
import type { Mails, ReceivedMail } from "./sources/read-mails.ts";
import type { House } from "./sources/watch-house.ts";

/** All that one visitor of the page sees. */
export interface Scene {
  readonly open: Selection;
  readonly mailChannels: readonly Reachable[];
  readonly mails: readonly ReceivedMail[];
  /** The mail that is open. */
  readonly mail: ReceivedMail | undefined;
  readonly numbers: readonly Reachable[];
  /** Whose texts are shown. */
  readonly phone: string;
  readonly phones: readonly string[];
  readonly texts: readonly PhoneText[];
  /** Address of the agency's web form, when a channel has one. */
  readonly form: string | undefined;
  readonly agencies: readonly { readonly id: string; readonly name: string }[];
  readonly agency: string;
  readonly threads: readonly RoomThread[];
  readonly thread: RoomThread | undefined;
  readonly house: House;
}

/** A channel that the page can write to. */
export interface Reachable {
  readonly channel: string;
  readonly address: string;
}

export interface Sources {
  readonly configuration: DemoConfiguration;
  readonly mails: Mails;
  readonly network: MobileNetwork;
  /** By agency. */
  readonly rooms: ReadonlyMap<string, FollowedRoom>;
  readonly agent: string;
  readonly citizenPhone: string;
  house(): Promise<House>;
}

const MOST = { mails: 6, texts: 6, threads: 8 };

export async function gatherScene(sources: Sources, open: Selection): Promise<Scene> {
  const { configuration, mails, network, rooms } = sources;
  const channels = Object.entries(configuration.channels);
  const agencies = [...configuration.config.agencies.values()].map(({ id, name }) => ({ id, name }));
  const agency = agencies.find(({ id }) => id === open.agency)?.id ?? agencies[0]?.id ?? "";
  const room = rooms.get(agency);
  const threads = room === undefined ? [] : arrangeRoom(room.events, room.names, sources.agent);
  const phones = [...new Set([sources.citizenPhone, ...network.texts.map(ownerOf)])];
  const phone = open.phone ?? lastPhone(network) ?? sources.citizenPhone;
  const latest = await mails.latest(MOST.mails);
  return {
    open,
    mailChannels: channels.flatMap(([channel, { address, smtp, lmtp }]) =>
      address !== undefined && (smtp ?? lmtp) !== undefined ? [{ channel, address }] : [],
    ),
    mails: latest,
    mail: open.mail === undefined ? undefined : await mails.find(open.mail),
    numbers: channels.flatMap(([channel, { number, smsc }]) =>
      number !== undefined && smsc !== undefined ? [{ channel, address: number }] : [],
    ),
    phone,
    phones: [...new Set([phone, ...phones.slice(-MOST.texts)])],
    texts: network.texts.filter((text) => ownerOf(text) === phone).slice(-MOST.texts),
    form: channels.find(([, { use, url }]) => use === "webform" && url !== undefined)?.[1].url,
    agencies,
    agency,
    threads: threads.slice(0, MOST.threads),
    thread: threads.find(({ root }) => root === open.thread) ?? threads[0],
    house: await sources.house(),
  };
}

/** The citizen's number of a text. */
const ownerOf = ({ direction, from, to }: PhoneText) => (direction === "to_agency" ? from : to);

const lastPhone = ({ texts }: MobileNetwork) => {
  const text = texts.findLast(({ direction }) => direction === "to_agency");
  return text && ownerOf(text);
};
