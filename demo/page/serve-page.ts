import { pino } from "pino";
import { attachStore } from "../../src/store/attach.ts";
import { MatrixClient } from "../../test/support/matrix-client.ts";
import { createBell, lookUntil } from "../bell.ts";
import { CITIZEN } from "../citizen.ts";
import type { DemoConfiguration } from "../configuration.ts";
import type { OutsideMail } from "../outside-mail.ts";
import { type ServedApp, serveApp } from "../serve-app.ts";
import type { MobileNetwork } from "../sms/mobile-network.ts";
import { openActions } from "./act.ts";
import { routePage } from "./routes.ts";
import { gatherScene, type Sources } from "./scene.ts";
import { followRoom } from "./sources/follow-room.ts";
import { openMails } from "./sources/read-mails.ts";
import { readHouse, watchHouse } from "./sources/watch-house.ts";

export interface PageOf {
  readonly configuration: DemoConfiguration;
  readonly outside: OutsideMail;
  readonly network: MobileNetwork;
  readonly homeserver: string;
  readonly agent: { readonly userId: string; readonly accessToken: string };
  /** Room ids by agency. */
  readonly rooms: ReadonlyMap<string, string>;
}

/** How long a page without JavaScript waits to show what was just done. */
const SEEN_MS = 1_500;

/** Serves the page on which both sides of the running demo are seen, and guichet between them. */
export async function servePage(port: number, demo: PageOf): Promise<ServedApp> {
  const { configuration, outside, network } = demo;
  const { config } = configuration;
  const running = new AsyncDisposableStack();
  const log = pino({ level: "error", base: null }, pino.destination(2));
  const { database, close } = await attachStore({ ...config.database, dataFolder: config.dataFolder }, log);
  running.defer(close);
  const agent = new MatrixClient(demo.homeserver, demo.agent);
  running.defer(() => agent.close());
  const ending = new AbortController();
  running.defer(() => ending.abort());

  const bell = createBell();
  outside.bell.listen(bell.ring);
  network.bell.listen(bell.ring);
  const rooms = [...demo.rooms].map(
    ([agency, room]) => [agency, followRoom(agent, room, bell, ending.signal)] as const,
  );
  const house = () => readHouse(database, config);
  const mails = openMails(outside);
  const sources: Sources = {
    ...{ configuration, mails, network, house, rooms: new Map(rooms) },
    agent: demo.agent.userId,
    citizenPhone: CITIZEN.phone,
  };
  const form = Object.values(configuration.channels).find(
    ({ use, url }) => use === "webform" && url !== undefined,
  )?.url;
  const app = routePage({
    bell,
    citizen: CITIZEN,
    formOrigin: form === undefined ? undefined : new URL(form).origin,
    actions: openActions({ configuration, mails, network, agent, rooms: demo.rooms }),
    gather: (open) => gatherScene(sources, open),
    media: (mxc) => agent.download(mxc).catch(() => undefined),
    mailFile: mails.file,
    watch() {
      const visit = new AbortController();
      void watchHouse(house, bell, AbortSignal.any([visit.signal, ending.signal]));
      return () => visit.abort();
    },
    async seen() {
      let rings = 0;
      await lookUntil(bell, () => (rings++ > 0 ? true : undefined), SEEN_MS);
      await Promise.all(rooms.map(([, room]) => room.refresh().catch(() => undefined)));
    },
  });
  const served = await serveApp(app, port);
  return {
    url: served.url,
    async stop() {
      await served.stop();
      await running.disposeAsync();
    },
  };
}
