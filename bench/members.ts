import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { agencyId, roomId } from "../src/domain/ids.ts";
import { HomeserverClient } from "../src/matrix/homeserver-client.ts";
import { nameOurUsers } from "../src/matrix/identity.ts";
import { registerUser } from "../src/matrix/provision.ts";
import { readTokens } from "../src/matrix/registration.ts";
import { countGhosts, readCurrentRoom } from "../src/store/agency-room.ts";
import { sendBare } from "./bare.ts";
import { sendMails } from "./mails.ts";
import { inFlight, median } from "./measure.ts";
import { openRig, print, type Rig } from "./rig.ts";

/**
 * `npm run bench -- members [most] [ghosts] [members]`: what a join, a send and the first message of a new citizen cost
 * Synapse when an agency has had 200, 1,000, 2,000 ... up to `most` citizens: in one room that keeps all, and with guichet's
 * limits, when all but the latest citizens have been quiet long enough to leave. Both in one run, in turns.
 */
const MOST = Number(process.argv[2] ?? 5_000);
const GHOSTS = Number(process.argv[3] ?? 1_000);
const MEMBERS = Number(process.argv[4] ?? 5_000);
const STAGES = [200, 1_000, 2_000, 5_000, 10_000, 20_000].filter((stage) => stage <= MOST);
/** Citizens who wrote within the days after which a ghost leaves. */
const RECENT = 200;
const WIDTH = 4;
const SAMPLE = { mails: 40, sends: 200, joins: 40 };
const BATCH = 200;
/** Two looks of the keeper, and the making of a room. */
const PATIENCE_MS = 60_000;

interface Cost {
  /** Synapse's CPU time of one, in milliseconds. */
  readonly cpu: number;
  /** Time of one, in milliseconds, with `WIDTH` in flight. */
  readonly ms: number;
}

interface Measured {
  readonly join: Cost;
  readonly send: Cost;
  readonly first: Cost;
}

class Arm {
  readonly name: string;
  readonly rig: Rig;
  readonly isLimited: boolean;
  readonly client: HomeserverClient;
  readonly users = nameOurUsers("agents.test", "_guichet_as");
  readonly token: string;
  citizens = 0;
  runs = 0;

  constructor(name: string, rig: Rig, isLimited: boolean) {
    this.name = name;
    this.rig = rig;
    this.isLimited = isLimited;
    this.token = readTokens(join(rig.house.folder, "registration.yaml")).as_token;
    this.client = new HomeserverClient({ url: rig.house.synapse.url, token: this.token });
  }

  /** New citizens join the agency's room by bare requests, and those before them leave where there are limits. */
  async fill(count: number): Promise<Cost> {
    const room = await this.room();
    const names = Array.from({ length: count }, (_, index) => `_guichet_email_bench${this.citizens + index}`);
    await inFlight(count, WIDTH, async (index) => {
      await registerUser(this.client, this.users, names[index] ?? "");
    });
    const cost = await this.measure(count, () =>
      inFlight(count, WIDTH, (index) => this.move(room, names[index] ?? "", "join")),
    );
    this.citizens += count;
    await sql`with g as (
        insert into ghost (localpart, channel_type, address, registered_at)
        select name, 'email', name || '@example.net', now() from unnest(${names}::text[]) name returning localpart)
      insert into ghost_membership (room_id, localpart, display_name) select ${room}, localpart, 'Bench' from g`.execute(
      this.rig.database.durable,
    );
    if (this.isLimited) await this.leave(room);
    return cost;
  }

  async measureAll(): Promise<Measured> {
    const join = await this.fill(SAMPLE.joins);
    const { house, target } = this.rig;
    this.runs += 1;
    const mails = Array.from({ length: SAMPLE.mails }, (_, index) => ({
      from: `new${this.runs}-${index}@example.org`,
      subject: `Matter ${index}`,
    }));
    let latencies: readonly number[] = [];
    const first = await this.measure(SAMPLE.mails, async () => {
      ({ latencies } = await sendMails(target, mails, { width: WIDTH }));
    });
    this.citizens += SAMPLE.mails;
    const room = await this.room();
    const ghosts = (await this.standing(room, SAMPLE.mails)).map((name) => this.users.fullId(name));
    const bare = { url: house.synapse.url, token: this.token, room, ghosts, run: `members-${this.runs}` };
    const send = await this.measure(SAMPLE.sends, () => sendBare(bare, SAMPLE.sends, WIDTH).then(() => undefined));
    return { join, send, first: { ...first, ms: median(latencies) } };
  }

  async describe(): Promise<string> {
    const room = await this.room();
    const { ghosts, members } = await countGhosts(this.rig.database.relaxed, room);
    return `${ghosts} ghosts of ${members} ever in the room`;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.rig.close();
  }

  /** The agency's room now; a full one is waited for until guichet has made its successor. */
  private async room() {
    const db = this.rig.database.relaxed;
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const room = roomId((await readCurrentRoom(db, agencyId("town-hall"))) ?? "");
      const { ghosts, members } = await countGhosts(db, room);
      if (!this.isLimited || (ghosts < GHOSTS && members < MEMBERS)) return room;
      if (Date.now() > deadline) throw new Error("a full room has no successor");
      await sleep(500);
    }
  }

  /** All but the latest: as guichet does, but not at its pace. */
  private async leave(room: string): Promise<void> {
    const quiet = (await this.standing(room, 1_000_000)).slice(RECENT);
    await inFlight(quiet.length, WIDTH, (index) => this.move(room, quiet[index] ?? "", "leave"));
    await sql`update ghost_membership set leaving_at = now(), left_at = now()
      where room_id = ${room} and localpart = any(${quiet}::text[])`.execute(this.rig.database.durable);
  }

  /** @returns the ghosts in a room, the latest first. */
  private async standing(room: string, limit: number): Promise<string[]> {
    const { rows } = await sql<{ localpart: string }>`select localpart from ghost_membership
      where room_id = ${room} and left_at is null order by joined_at desc limit ${limit}`.execute(
      this.rig.database.relaxed,
    );
    return rows.map(({ localpart }) => localpart);
  }

  private async move(room: string, localpart: string, membership: "join" | "leave"): Promise<void> {
    const user = this.users.fullId(localpart);
    await this.client.setState(roomId(room), "m.room.member", user, { membership, displayname: "Bench" }, user);
  }

  private async measure(count: number, run: () => Promise<void>): Promise<Cost> {
    const { synapse } = this.rig.house;
    const [cpu, began] = [synapse.cpuMs(), performance.now()];
    await run();
    // What Synapse does after it has answered belongs to it.
    await sleep(300);
    return { cpu: (synapse.cpuMs() - cpu) / count, ms: (WIDTH * (performance.now() - began - 300)) / count };
  }
}

await using closing = new AsyncDisposableStack();
const openArm = async (name: string, isLimited: boolean) => {
  const limits = isLimited
    ? { most_ghosts: GHOSTS, most_members: MEMBERS }
    : { most_ghosts: 100_000, most_members: 1_000_000 };
  const arm = new Arm(name, await openRig(WIDTH, { rooms: limits }), isLimited);
  closing.defer(() => arm.close());
  return arm;
};
const arms = [await openArm("one room for all", false), await openArm("with limits", true)];
const firsts = new Map<Arm, Measured>();
print(`limits: ${GHOSTS} ghosts, ${MEMBERS} ever; the ${RECENT} latest citizens stay; ${WIDTH} in flight`);
print("Synapse's CPU ms and ms, against those with 200 citizens\n");
for (const stage of STAGES) {
  for (const arm of arms) {
    while (arm.citizens < stage - SAMPLE.joins) await arm.fill(Math.min(BATCH, stage - SAMPLE.joins - arm.citizens));
    const filled = await arm.describe();
    const measured = await arm.measureAll();
    const base = firsts.get(arm) ?? measured;
    firsts.set(arm, base);
    const say = (kind: keyof Measured) =>
      `${kind} ${measured[kind].cpu.toFixed(1)} CPU ms (x ${(measured[kind].cpu / base[kind].cpu).toFixed(2)}) ${measured[kind].ms.toFixed(0)} ms`;
    const costs = (["join", "send", "first"] as const).map(say).join("   ");
    print(`${String(stage).padStart(6)} citizens, ${arm.name.padEnd(16)}: ${costs}   ${filled}`);
  }
  print(`${"".padStart(6)} load ${loadavg()[0]?.toFixed(1)}`);
}
