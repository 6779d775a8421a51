import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerMails } from "../support/answering-agent.ts";
import { gatherCrowd } from "../support/crowd.ts";
import { type Dovecot, startDovecot, users } from "../support/dovecot.ts";
import { ADDRESS, type House, openHouse } from "../support/house.ts";
import { missing } from "../support/needs.ts";
import { becomesTrue } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";
import { type Postfix, startPostfix } from "../support/postfix.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { type SmtpSink, startSmtpSink } from "../support/smtp-sink.ts";
import { takeStock } from "../support/stock.ts";

const SEED = Number(process.env.GUICHET_CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const MAILS = 500;
const ANSWERS = 200;
/** Of one run; many times what it takes on a machine of its own. In milliseconds. */
const LIMIT_MS = 300_000;
const PACE_MS = 25;
const PATIENCE_MS = 120_000;
const LOOK_MS = 2_000;
const AFTERMATH_MS = 2_000;

/** How mail comes from the town's mail server into guichet. */
const ways = [
  { way: "imap", queue: "postgres" },
  { way: "lmtp", queue: "redis" },
] as const;
const [mairie] = users;

describe.each(ways)("Postfix and Dovecot restart in mid-run: by $way, queue in $queue", ({ way, queue }) => {
  const lacks = missing(
    "root",
    "postfix",
    "dovecot",
    "synapse",
    ...(queue === "redis" ? (["redis-server"] as const) : []),
  );
  const closing = new AsyncDisposableStack();
  let dovecot: Dovecot;
  let postfix: Postfix;
  let house: House;
  let citizens: SmtpSink;
  beforeAll(async () => {
    if (lacks) return;
    dovecot = await startDovecot();
    closing.defer(() => dovecot.remove());
    citizens = await startSmtpSink();
    closing.defer(() => citizens.stop());
    const listen = { protocol: "lmtp", port: await freePort() };
    const { tls, saslPort, lmtpPort, imapsPort } = dovecot;
    postfix = await startPostfix({
      transport: `lmtp:inet:127.0.0.1:${way === "imap" ? lmtpPort : listen.port}`,
      relayPort: citizens.port,
      saslPort,
      tls,
    });
    closing.defer(() => postfix.remove());
    const login = { user: mairie.user, password: mairie.password, ca: tls.cert };
    const channel = {
      use: "email",
      agency: "town-hall",
      address: ADDRESS,
      ...(way === "imap" ? { imap: { host: "127.0.0.1", port: imapsPort, ...login } } : { listen }),
      smtp: { host: "127.0.0.1", port: postfix.submissionPort, ...login },
    };
    house = await openHouse({ queue, config: { channels: { "town-mail": channel } } });
    closing.defer(() => house.close());
  });
  afterAll(() => closing.disposeAsync());

  const title = `${MAILS} mails in and ${ANSWERS} answers out: nothing lost, nothing twice${lacks ? ` (${lacks})` : ""}`;
  test.skipIf(lacks)(title, { timeout: LIMIT_MS }, async ({ signal }) => {
    console.log(`GUICHET_CHAOS_SEED=${SEED}`);
    const random = seededRandom(SEED);
    const crowd = gatherCrowd({ random, citizens: 25, mails: MAILS, smtpPort: postfix.smtpPort, paceMs: PACE_MS });
    const { conversations } = crowd;
    const words = conversations.flatMap(({ mails }) => mails.map(({ word }) => word));
    const planned = new Set(random.shuffle(words).slice(0, ANSWERS));
    await using agent = answerMails(house.agent, house.room, conversations, planned);

    const restarts = random.shuffle([dovecot, postfix, dovecot, postfix, dovecot, postfix]);
    const restartAll = async () => {
      for (const [index, server] of restarts.entries()) {
        crowd.admit(Math.ceil((MAILS * (index + 1)) / (restarts.length + 1)));
        await sleep(random.between(300, 1_500));
        await server.stop();
        await sleep(random.between(0, 1_500));
        await server.start();
      }
      crowd.admit(MAILS);
    };
    const began = Date.now();
    await Promise.all([restartAll(), crowd.write(signal)]);

    const stock = async () =>
      takeStock(
        await house.agent.messages(house.room),
        citizens.mails,
        { conversations, answers: agent.answers },
        false,
      );
    const isDone = async () => agent.answers.length === ANSWERS && (await stock()).faults.length === 0;
    if (await becomesTrue(isDone, PATIENCE_MS, LOOK_MS)) await sleep(AFTERMATH_MS);
    const { faults, repeated } = await stock();
    console.log(
      `${way}: ${MAILS} mails (${crowd.refused} offers without a 250), ${agent.answers.length} answers, ` +
        `${repeated} under one Message-ID twice, in ${((Date.now() - began) / 1000).toFixed(1)} s`,
    );
    expect(faults).toEqual([]);
    expect(agent.answers).toHaveLength(ANSWERS);
  });
});
