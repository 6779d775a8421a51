import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { pino } from "pino";
import { type Database, openDatabase } from "../src/store/database.ts";
import { startEmbedded } from "../src/store/embedded.ts";
import { startDovecot, users } from "../test/support/dovecot.ts";
import { openHouse } from "../test/support/house.ts";
import { missing } from "../test/support/needs.ts";
import { peakRssMb } from "./measure.ts";
import { print } from "./rig.ts";

/**
 * `npm run bench -- backlog [mails]`: so many mails wait in one IMAP mailbox when guichet starts. Says how fast they are
 * taken and posted, what memory that takes, and whether each citizen's stand in their order.
 */
const MAILS = Number(process.argv[2] ?? 20_000);
const CITIZENS = 200;
const LOOK_MS = 1_000;
const [{ user, password }] = users;

function* write(): Generator<string> {
  for (let number = 0; number < MAILS; number += 1)
    yield `From: citizen${number % CITIZENS}@example.org\r\nTo: ${user}\r\nSubject: Matter ${number}\r\nMessage-ID: <backlog-${number}@example.org>\r\n\r\nMail ${number} of a citizen who has waited.\r\n`;
}

async function count({ relaxed }: Database): Promise<{ taken: number; posted: number }> {
  const { rows } = await sql<{ taken: string; posted: string }>`
    select count(*) as taken, count(*) filter (where state = 'posted') as posted from inbox`.execute(relaxed);
  return { taken: Number(rows[0]?.taken), posted: Number(rows[0]?.posted) };
}

/** @returns the citizens whose mails stand in the room in another order than they were written. */
async function findMixed({ relaxed }: Database): Promise<number> {
  const { rows } = await sql<{ ghost: string; numbers: number[] }>`
    select ghost, array_agg(substring(remote_id from '[0-9]+')::int order by created_at, event_id) as numbers
    from message where author = 'citizen' group by ghost`.execute(relaxed);
  if (rows.length !== CITIZENS) throw new Error(`${rows.length} citizens instead of ${CITIZENS}`);
  return rows.filter(({ numbers }) => numbers.some((each, at) => each <= (numbers[at - 1] ?? -1))).length;
}

const lacks = missing("dovecot", "synapse");
if (lacks) throw new Error(`bench backlog ${lacks}: \`npm test\` installs it`);
await using closing = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), "guichet-backlog-"));
closing.defer(() => rmSync(folder, { recursive: true, force: true }));
const log = pino({ level: "warn" }, pino.destination(2));
const embedded = await startEmbedded({ folder, log });
closing.defer(() => embedded.stop());
const dovecot = await startDovecot();
closing.defer(() => dovecot.remove());
await dovecot.append(write());
print(`${MAILS} mails of ${CITIZENS} citizens wait in one mailbox`);
const imap = { host: "127.0.0.1", port: dovecot.imapsPort, user, password, ca: dovecot.tls.cert };
const began = performance.now();
const house = await openHouse({ config: { database: { url: embedded.url } }, channel: { imap } });
closing.defer(() => house.close());
const database = await openDatabase({ url: embedded.url }, log);
closing.defer(() => database.close());
const seconds = () => (performance.now() - began) / 1000;
let takenAfter: number | undefined;
for (;;) {
  const { taken, posted } = await count(database);
  if (takenAfter === undefined && taken >= MAILS) {
    takenAfter = seconds();
    print(
      `taken in ${takenAfter.toFixed(0)} s (${(taken / takenAfter).toFixed(0)}/s), ${posted} posted by then; guichet's peak RSS ${peakRssMb(house.guichet.pid)} MB`,
    );
  }
  if (posted >= MAILS) break;
  await sleep(LOOK_MS);
}
const mixed = await findMixed(database);
print(`posted in ${seconds().toFixed(0)} s; guichet's peak RSS ${peakRssMb(house.guichet.pid)} MB`);
print(`citizens whose mails stand in another order than they were written: ${mixed}`);
process.exitCode = mixed === 0 ? 0 : 1;
