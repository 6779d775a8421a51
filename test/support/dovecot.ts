import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { until } from "./patience.ts";
import { freePort } from "./ports.ts";

const run = promisify(execFile);
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };

/** A real Dovecot on free ports: IMAP with STARTTLS, IMAPS, LMTP and login for Postfix. Runs as root or as any user. */
export interface Dovecot {
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
  readonly saslPort: number;
  /** PEM files of a certificate for localhost and 127.0.0.1 that signs itself. */
  readonly tls: { readonly cert: string; readonly key: string };
  /** Puts a mail, its lines ended by \n or \r\n, into the mailbox of a user, by LMTP. */
  deliver(user: string, mail: string): Promise<void>;
  /** Puts many mails, their lines ended by \r\n, into the first user's mailbox, by IMAP and in this order. */
  append(mails: Iterable<string>): Promise<void>;
  /** Has each mail for a user answered by a machine (RFC 5230); needs `submissionPort`. */
  answerWhileAway(user: string, words: string): Promise<void>;
  /** Runs `doveadm`, the administrator's command. */
  doveadm(...words: string[]): Promise<string>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Kills all its processes where they stand. */
  kill(): Promise<void>;
  /** Stops and removes all it kept. */
  remove(): Promise<void>;
}

export const users = [
  { user: "mairie@town.example", password: "secret1" },
  { user: "anna@example.org", password: "secret2" },
] as const;

export interface DovecotOptions {
  /** Address at which Dovecot asks who holds an access token (RFC 7662); no tokens when left out. */
  readonly introspection?: string;
  /** Port of the mail server through which sieve scripts send; no scripts when left out. */
  readonly submissionPort?: number;
}

export async function startDovecot({ introspection, submissionPort }: DovecotOptions = {}): Promise<Dovecot> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-dovecot-"));
  const [imapPort, imapsPort, lmtpPort, saslPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const tls = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  await makeCertificate(tls);
  const isRoot = process.getuid?.() === 0;
  for (const name of ["run", "state", "log", "mail"]) await mkdir(join(folder, name));
  if (isRoot) {
    await run("chmod", ["755", folder]);
    await chown(join(folder, "mail"), 65_534, 65_534);
  }
  await writeFile(join(folder, "users"), users.map(({ user, password }) => `${user}:{PLAIN}${password}\n`).join(""));
  const config = join(folder, "dovecot.conf");
  const group = (await run("id", ["-gn"])).stdout.trim();
  const place = { folder, group, imapPort, imapsPort, lmtpPort, saslPort, tls, isRoot };
  await writeFile(
    config,
    [
      configuration(place),
      introspection === undefined ? "" : tokenLogin(folder),
      submissionPort === undefined ? "" : sieve(submissionPort),
    ].join(""),
  );
  if (introspection !== undefined) await writeFile(join(folder, "oauth2.conf"), tokenCheck(introspection));

  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const start = async () => {
    // The daemon keeps what it is given for output: nothing must wait for its end.
    const child = spawn("dovecot", ["-c", config], { env, stdio: "ignore" });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`dovecot ended with ${code}`);
  };
  const stop = async () => {
    const pid = Number(await readFile(join(folder, "run", "master.pid"), "utf8").catch(() => ""));
    if (pid === 0 || !isAlive(pid)) return;
    process.kill(pid, "SIGTERM");
    await until(() => !isAlive(pid));
  };
  const kill = async () => {
    const pid = Number(await readFile(join(folder, "run", "master.pid"), "utf8").catch(() => ""));
    if (pid === 0 || !isAlive(pid)) return;
    const { stdout } = await run("pgrep", ["-P", String(pid)]);
    for (const each of [pid, ...stdout.trim().split("\n").map(Number)]) {
      try {
        process.kill(each, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    await until(() => !isAlive(pid));
    await rm(join(folder, "run", "master.pid"), { force: true });
  };
  await start();
  return {
    kill,
    imapPort,
    imapsPort,
    lmtpPort,
    saslPort,
    tls,
    start,
    stop,
    deliver: async (user, mail) => {
      const client = createTransport({ host: "127.0.0.1", port: lmtpPort, lmtp: true, ignoreTLS: true });
      await client.sendMail({
        envelope: { from: "sender@example.org", to: [user] },
        raw: mail.replace(/\r?\n/g, "\r\n"),
      });
      client.close();
    },
    append: async (mails) => {
      const [{ user, password }] = users;
      const client = new ImapFlow({
        host: "127.0.0.1",
        port: imapPort,
        secure: false,
        tls: { rejectUnauthorized: false },
        auth: { user, pass: password },
        logger: false,
      });
      await client.connect();
      for (const mail of mails) await client.append("INBOX", mail);
      await client.logout();
    },
    answerWhileAway: async (user, words) => {
      const home = join(folder, "mail", user);
      await mkdir(home, { recursive: true });
      const script = join(home, ".dovecot.sieve");
      await writeFile(script, `require "vacation"; vacation :days 1 :subject "Absence" "${words}";`);
      if (isRoot) for (const path of [home, script]) await chown(path, 65_534, 65_534);
    },
    doveadm: async (...words) => (await run("doveadm", ["-c", config, ...words], { env })).stdout,
    remove: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeCertificate({ cert, key }: { cert: string; key: string }): Promise<void> {
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const words = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "9",
    "-subj",
    "/CN=localhost",
    "-addext",
    names,
  ];
  await run("openssl", [...words, "-keyout", key, "-out", cert]);
}

interface Place {
  readonly folder: string;
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
  readonly saslPort: number;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly isRoot: boolean;
  readonly group: string;
}

function configuration({ folder, imapPort, imapsPort, lmtpPort, saslPort, tls, isRoot, group }: Place): string {
  const { username } = userInfo();
  const owner = isRoot ? "uid=nobody gid=nogroup" : `uid=${username} gid=${group}`;
  const ownUser = `default_login_user = ${username}\ndefault_internal_user = ${username}\ndefault_internal_group = ${group}`;
  return `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
${isRoot ? "" : ownUser}
first_valid_uid = 1
ssl = yes
ssl_cert = <${tls.cert}
ssl_key = <${tls.key}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = sdbox:${folder}/mail/%u
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
postmaster_address = postmaster@town.example
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = static
  args = ${owner} home=${folder}/mail/%u
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imapPort}
  }
  inet_listener imaps {
    port = ${imapsPort}
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lmtpPort}
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = ${saslPort}
  }
}
`;
}

const tokenLogin = (folder: string) => `auth_mechanisms = plain login xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/oauth2.conf
}
`;

const sieve = (submissionPort: number) => `submission_host = 127.0.0.1:${submissionPort}
protocol lmtp {
  mail_plugins = sieve
}
`;

const tokenCheck = (url: string) => `introspection_url = ${url}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
debug = no
`;
