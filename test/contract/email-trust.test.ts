import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import email from "../../bridges/email/index.ts";
import type { Bridge } from "../../src/adapter/index.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { type DnsServer, startDnsServer } from "../support/dns-server.ts";
import { until } from "../support/patience.ts";
import { freePort } from "../support/ports.ts";

let dns: DnsServer;
beforeAll(async () => {
  dns = await startDnsServer();
  dns.records.set("TXT _dmarc.bank.example", ["v=DMARC1; p=reject"]);
  dns.records.set("TXT bank.example", ["v=spf1 ip4:9.9.9.9 -all"]);
  dns.records.set("TXT _dmarc.mild.example", ["v=DMARC1; p=quarantine"]);
});
afterAll(() => dns.stop());

const running: { bridge: Bridge; host: MemoryHost }[] = [];
afterEach(async () => {
  for (const { bridge, host } of running.splice(0)) {
    await bridge.stop(AbortSignal.timeout(2000));
    host.end();
  }
});

async function startIntake(trust: Record<string, unknown>, listen: Record<string, unknown> = {}) {
  const port = await freePort();
  const host = createMemoryHost();
  const config = email.config.parse({
    address: "mairie@town.example",
    also: ["accueil@village.example"],
    listen: { port, proxy_from: ["127.0.0.1"], ...listen },
    trust: { verify: true, name_servers: [dns.address], ...trust },
  });
  const bridge = email.create(config, host);
  running.push({ bridge, host });
  await bridge.start(new AbortController().signal);
  return { host, port };
}

/** Hands a mail in as one that comes from `ip`, through a load balancer. @returns the reply to each line. */
async function handIn(port: number, ip: string, from: string, to = "mairie@town.example") {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    heard += chunk;
  });
  await once(socket, "connect");
  socket.write(`PROXY TCP4 ${ip} 192.0.2.2 40000 25\r\n`);
  const replies: string[] = [];
  const mail = `From: ${from}\r\nSubject: s\r\nMessage-ID: <${Math.random()}@x.example>\r\n\r\nBonjour\r\n.`;
  for (const line of ["", "EHLO mx.else.example", `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, "DATA", mail, "QUIT"]) {
    heard = "";
    if (line !== "") socket.write(`${line}\r\n`);
    await until(() => /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.test(heard) || socket.destroyed, 20_000);
    replies.push(heard.trim().split("\r\n").at(-1) ?? "");
  }
  socket.destroy();
  return { rcpt: replies[3], data: replies[5] };
}

describe("senders at the border", () => {
  test("proven and forged ones, by the address of the client behind the load balancer", async () => {
    const { host, port } = await startIntake({});
    expect((await handIn(port, "9.9.9.9", "info@bank.example")).data).toMatch(/^250 2\.6\.0 /);
    expect((await handIn(port, "8.8.4.4", "info@bank.example")).data).toMatch(/^250 /);
    expect((await handIn(port, "8.8.4.4", "anna@plain.example")).data).toMatch(/^250 /);
    expect(host.taken.map(({ trust }) => trust?.verdict)).toEqual(["verified", "forged", "unverified"]);
    expect(host.taken[1]?.trust?.remark).toContain("bank.example");
    expect(host.taken[1]?.hold).toBeUndefined();
  });

  test("refused where the domain asks for it, held where the operator does", async () => {
    const refusing = await startIntake({ on_forged: "refuse" });
    expect((await handIn(refusing.port, "8.8.4.4", "info@bank.example")).data).toMatch(/^550 5\.7\.1 /);
    expect((await handIn(refusing.port, "9.9.9.9", "info@bank.example")).data).toMatch(/^250 /);
    expect((await handIn(refusing.port, "8.8.4.4", "info@mild.example")).data).toMatch(/^250 /);
    expect(refusing.host.taken.map(({ trust }) => trust?.verdict)).toEqual(["verified", "forged"]);

    const holding = await startIntake({ on_forged: "hold" });
    expect((await handIn(holding.port, "8.8.4.4", "info@bank.example")).data).toMatch(/^250 /);
    expect(holding.host.taken[0]?.hold).toBe("SENDER_FORGED");
  });

  test("a client in the own network is a server of the operator: nobody is called forged for its address", async () => {
    const { host, port } = await startIntake({ on_forged: "refuse" });
    expect((await handIn(port, "10.0.0.5", "info@bank.example")).data).toMatch(/^250 /);
    expect(host.taken[0]?.trust?.verdict).toBe("unverified");
  });

  test("name servers that keep silent delay a mail by seconds, and lose none", async () => {
    const { host, port } = await startIntake({ on_forged: "refuse" });
    dns.silent.add("slow.example").add("_dmarc.slow.example");
    const started = Date.now();
    expect((await handIn(port, "8.8.4.4", "info@slow.example")).data).toMatch(/^250 /);
    expect(Date.now() - started).toBeLessThan(12_000);
    expect(host.taken[0]?.trust).toEqual({ verdict: "unverified" });
  }, 20_000);
});

describe("addresses", () => {
  test("each address of the channel and its sub-addresses are ours, and told apart", async () => {
    const { host, port } = await startIntake({});
    for (const to of ["mairie+permits@town.example", "Accueil@Village.example", "accueil+tok-1@village.example"])
      expect((await handIn(port, "9.9.9.9", "anna@plain.example", to)).data).toMatch(/^250 /);
    for (const to of ["accueil@town.example", "mairie@village.example", "accueilx@village.example"])
      expect((await handIn(port, "9.9.9.9", "anna@plain.example", to)).rcpt).toMatch(/^550 5\.1\.1 /);
    expect(host.taken.map(({ to, thread }) => [to, thread.token])).toEqual([
      ["mairie+permits@town.example", "permits"],
      ["accueil@village.example", undefined],
      ["accueil+tok-1@village.example", "tok-1"],
    ]);
  });
});

describe("PROXY protocol", () => {
  test("only from listed peers", async () => {
    const { host, port } = await startIntake({}, { proxy_from: ["192.0.2.10"] });
    const { data } = await handIn(port, "9.9.9.9", "info@bank.example");
    expect(data).not.toMatch(/^250 2\.6/);
    expect(host.taken.every(({ trust }) => trust?.verdict !== "verified")).toBe(true);
  });
});

describe("many connections", () => {
  test("one peer cannot take all there are", async () => {
    const { port } = await startIntake({}, { proxy_from: [] });
    const sockets = Array.from({ length: 60 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    const greetings = await Promise.all(
      sockets.map(async (socket) => String((await once(socket, "data").catch(() => [""]))[0])),
    );
    for (const socket of sockets) socket.destroy();
    expect(greetings.filter((line) => line.startsWith("220 "))).toHaveLength(50);
    expect(greetings.filter((line) => line.startsWith("421 4.7.0 "))).toHaveLength(10);
  });
});
