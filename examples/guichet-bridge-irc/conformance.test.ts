import { randomUUID } from "node:crypto";
import { conformsToContract, type Harness, type Remote } from "guichet/conformance";
import { describe } from "vitest";
import irc from "./index.ts";
import { hasNgircd, joinAs, startNgircd } from "./ngircd.ts";

const CITIZEN = "Anna";
const lacking = hasNgircd() ? "" : "needs ngircd";

/** An ngircd with a password, and a citizen who is there. */
const harness: Harness = {
  open: openServer,
  // A server takes one line in two seconds, once a few have gone (RFC 2813, 5.8).
  patienceMs: 45_000,
  lacks: {
    acknowledgement: "the protocol has none",
    repetition: "a server offers nothing twice",
    "arriving files": "IRC carries text",
    "arrival limit": "a line has 512 bytes",
    "leaving files": "IRC carries text",
    news: "a server tells at once or never",
    "remote ids": "messages have no names",
    repeatable: "messages have no names by which a second copy could be known",
    busy: "a server that is busy reads later",
  },
};

async function openServer(): Promise<Remote> {
  const password = `secret-${randomUUID().slice(0, 8)}`;
  const server = await startNgircd({ password });
  let citizen = await joinAs(CITIZEN, server.port, password);
  const earlier: string[] = [];
  const leave = () => earlier.push(...citizen.heard);
  return {
    settings: { host: "127.0.0.1", port: server.port, tls: false, nick: "TownHall", password },
    secrets: [password],
    citizen: `${CITIZEN.toLowerCase()}@127.0.0.1`,
    offer: async ({ text }) => {
      citizen.say("TownHall", text);
      return { isAcknowledged: () => false, again: () => Promise.reject(new Error("a server offers nothing twice")) };
    },
    behave: async (as) => {
      if (as === "refusing") {
        leave();
        await citizen.quit();
      } else if (as === "silent") server.freeze();
      else if (citizen.isGone()) citizen = await joinAs(CITIZEN, server.port, password);
    },
    received: () => [...earlier, ...citizen.heard].map((text) => ({ text, bytes: text.length })),
    goDown: async () => {
      leave();
      await server.stop("SIGKILL");
    },
    comeBack: async () => {
      await server.start();
      citizen = await joinAs(CITIZEN, server.port, password);
    },
    close: () => server.remove(),
  };
}

describe.skipIf(lacking)(`with a real ngircd ${lacking}`, () => conformsToContract(irc, harness));
