import { randomUUID } from "node:crypto";
import type { Harness, Offered } from "../../src/conformance/index.ts";
import { type Dovecot, users } from "./dovecot.ts";
import { openFaultyWire } from "./faulty-wire.ts";
import { hand, writeMail } from "./letter-mail.ts";

const CITIZEN = "anna@example.org";
const SETTLED = "guichet";
const [{ user, password }] = users;

/**
 * A mailbox on a Dovecot that runs, reached over a wire that can be cut. An arrival counts as acknowledged when it was
 * moved out of the folder that is read.
 */
export const mailboxHarness = (dovecot: () => Dovecot): Harness => ({
  patienceMs: 10_000,
  lacks: {
    sending: "the channel has no submission server",
    "arrival limit": "the mail server has one, the channel takes what is in the mailbox",
  },
  open: async () => {
    const { doveadm, imapPort, lmtpPort } = dovecot();
    for (const folder of ["INBOX", SETTLED])
      await doveadm("expunge", "-u", user, "mailbox", folder, "all").catch(() => undefined);
    const open = (at?: number) => openFaultyWire(imapPort, () => ({ does: "nothing" }), at);
    let wire = await open();
    const { port } = wire;
    const waits = async (id: string) =>
      (await doveadm("search", "-u", user, "mailbox", "INBOX", "header", "message-id", id)).trim() !== "";
    const watch = (delivery: ReturnType<typeof hand>, id: string): Offered => ({
      isAcknowledged: async () => delivery.isAcknowledged() && !(await waits(id)),
      again: async () => watch(await delivery.again(), id),
    });
    return {
      settings: {
        address: user,
        imap: { host: "127.0.0.1", port, tls: "none", user, password, move_to: SETTLED, patience_seconds: 1 },
      },
      secrets: [password],
      citizen: CITIZEN,
      takenBytes: 8 * 1024 * 1024,
      offer: async (letter) => {
        const id = randomUUID();
        const mail = () => writeMail(letter, { id, from: CITIZEN, to: user });
        return watch(hand({ port: lmtpPort, lmtp: true, to: user }, CITIZEN, mail), id);
      },
      goDown: () => wire.close(),
      comeBack: async () => {
        wire = await open(port);
      },
      close: () => wire.close(),
    };
  },
});
