import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./ports.ts";

const run = promisify(execFile);
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };

/** A real Postfix on free ports; must be started as root. Mail for town.example goes where it is told, all else to `relay`. */
export interface Postfix {
  /** For mail from outside. */
  readonly smtpPort: number;
  /** For mail from inside: STARTTLS and login. */
  readonly submissionPort: number;
  /** What it wrote to its log. */
  log(): Promise<string>;
  /** Tries the waiting mails again now. */
  flush(): Promise<void>;
  /** Ends at once what is under way. */
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

export interface PostfixOptions {
  /** Transport of mail for town.example: `lmtp:inet:127.0.0.1:2424` or `smtp:[127.0.0.1]:2525`. */
  readonly transport: string;
  /** Transports of single addresses (their subaddresses too) and domains, before all else. */
  readonly routes?: Readonly<Record<string, string>>;
  /** Port that takes mail for all other domains. */
  readonly relayPort: number;
  readonly saslPort: number;
  readonly tls: { readonly cert: string; readonly key: string };
  /** For mail from outside; a free one when it is left out. */
  readonly smtpPort?: number;
}

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const { transport, routes = {}, relayPort, saslPort, tls } = options;
  const folder = await mkdtemp(join(tmpdir(), "guichet-postfix-"));
  const [smtpPort, submissionPort] = [options.smtpPort ?? (await freePort()), await freePort()];
  await run("chmod", ["755", folder]);
  for (const name of ["etc", "data", "spool", "log"]) await mkdir(join(folder, name));
  const { stdout } = await run("id", ["-u", "postfix"]);
  await chown(join(folder, "data"), Number(stdout.trim()), -1);
  const etc = join(folder, "etc");
  const lines = Object.entries(routes).map(([address, route]) => `${address} ${route}\n`);
  await writeFile(join(etc, "transport"), lines.join(""));
  await writeFile(
    join(etc, "main.cf"),
    `compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/data
maillog_file_prefixes = ${folder}
maillog_file = ${folder}/log/mail.log
myhostname = mx.town.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = town.example
virtual_transport = ${transport}
transport_maps = texthash:${etc}/transport
recipient_delimiter = +
relayhost = [127.0.0.1]:${relayPort}
smtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_cert_file = ${tls.cert}
smtpd_tls_key_file = ${tls.key}
smtpd_sasl_auth_enable = yes
smtp_tls_security_level = may
lmtp_tls_security_level = may
smtp_tls_loglevel = 1
lmtp_tls_loglevel = 1
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${saslPort}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
`,
  );
  await writeFile(join(etc, "master.cf"), services(smtpPort, submissionPort));
  const postfix = async (word: string) => {
    // The daemons keep what they are given for output: nothing must wait for its end.
    const [code] = await once(spawn("postfix", ["-c", etc, word], { env, stdio: "ignore" }), "exit");
    return Number(code);
  };
  const start = async () => {
    // Just after a stop on a busy machine its processes may still be there, and a start is refused.
    let code = await postfix("start");
    for (let again = 0; code !== 0 && again < 20; again += 1) {
      await sleep(500);
      code = await postfix("start");
    }
    if (code !== 0)
      throw new Error(`postfix ended with ${code}: ${await readFile(join(folder, "log", "mail.log"), "utf8")}`);
  };
  const stop = async () => void (await postfix("stop"));
  await start();
  return {
    smtpPort,
    submissionPort,
    log: () => readFile(join(folder, "log", "mail.log"), "utf8"),
    flush: async () => {
      await run("postqueue", ["-c", etc, "-f"], { env });
    },
    start,
    stop,
    remove: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function services(smtpPort: number, submissionPort: number): string {
  const inet = (port: number, options = "") => `127.0.0.1:${port} inet n - n - - smtpd${options}`;
  const unix = (name: string, program = name, limit = "-") => `${name} unix - - n - ${limit} ${program}`;
  return [
    inet(smtpPort),
    inet(
      submissionPort,
      " -o smtpd_tls_security_level=encrypt -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject",
    ),
    "cleanup unix n - n - 0 cleanup",
    "postlog unix-dgram n - n - 1 postlogd",
    "flush unix n - n 1000? 0 flush",
    ...["pickup", "qmgr"].map((name) => `${name} unix n - n 60 1 ${name}`),
    ...["bounce", "defer", "trace"].map((name) => unix(name, "bounce", "0")),
    ...["tlsmgr", "verify", "anvil", "scache"].map((name) => unix(name, name, "1")),
    ...["proxymap", "smtp", "error", "discard", "lmtp"].map((name) => unix(name)),
    unix("rewrite", "trivial-rewrite"),
    unix("retry", "error"),
    unix("relay", "smtp"),
    "",
  ].join("\n");
}
