import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { until } from "./until.ts";

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };

/** A real Kannel (bearerbox and smsbox) on free ports of 127.0.0.1, bound to an SMSC as kannel:secret. */
export interface Kannel {
  /** Of smsbox: user bridge, password secret. */
  readonly url: string;
  /** Stops smsbox, so that nothing can be submitted. */
  stopSmsbox(): Promise<void>;
  stop(): Promise<void>;
}

export interface KannelOptions {
  readonly smscPort: number;
  /** Where incoming texts are taken, with Kannel's escapes for the fields. */
  readonly textUrl: string;
}

export async function startKannel({ smscPort, textUrl }: KannelOptions): Promise<Kannel> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-kannel-"));
  const [admin, inner, http] = [await freePort(), await freePort(), await freePort()];
  const configuration = join(folder, "kannel.conf");
  await writeFile(
    configuration,
    `group = core
admin-port = ${admin}
admin-interface = 127.0.0.1
admin-password = x
smsbox-port = ${inner}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
dlr-storage = internal
sms-combine-concatenated-mo = false
sms-resend-freq = 1
sms-resend-retry = 5

group = smsc
smsc = smpp
smsc-id = up
host = 127.0.0.1
port = ${smscPort}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
enquire-link-interval = 10
reconnect-delay = 1
msg-id-type = 0x00

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = ${inner}
sendsms-port = ${http}
sendsms-interface = 127.0.0.1
http-request-retry = 20
http-queue-delay = 1

group = sendsms-user
username = bridge
password = secret
max-messages = 20
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "${textUrl}"
`,
  );
  const start = (program: string): ChildProcess =>
    spawn(program, ["-v", "4", configuration], { env, cwd: folder, stdio: "ignore" });
  const bearerbox = start("bearerbox");
  await until("bearerbox listens", () => isOpen(inner), 20_000);
  const smsbox = start("smsbox");
  await until("smsbox listens", () => isOpen(http), 20_000);
  return {
    url: `http://127.0.0.1:${http}`,
    stopSmsbox: () => end(smsbox),
    stop: async () => {
      await Promise.all([end(smsbox), end(bearerbox)]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
