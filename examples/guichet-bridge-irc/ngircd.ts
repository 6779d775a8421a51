import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Debian keeps servers in sbin folders, which an ordinary user's PATH lacks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };

export const hasNgircd = () => spawnSync("sh", ["-c", "command -v ngircd"], { env, stdio: "ignore" }).status === 0;

/** A real IRC server on free ports of 127.0.0.1. */
export interface Ngircd {
  readonly port: number;
  /** Speaks TLS with `certificate` (PEM), which signs itself. */
  readonly tlsPort: number;
  readonly certificate: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** It takes what comes and says nothing any more; only `remove` follows. */
  freeze(): void;
  /** Stops and removes all that it kept. */
  remove(): Promise<void>;
}

export async function startNgircd({ password = "" } = {}): Promise<Ngircd> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-ngircd-"));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const file = join(folder, "ngircd.conf");
  await writeFile(file, configuration({ folder, port, tlsPort, password }));
  await run("openssl", certificateRequest(folder));
  // It gives up root's rights before it reads.
  for (const [path, mode] of [
    ["", 0o755],
    ["tls.key", 0o644],
  ] as const)
    await chmod(join(folder, path), mode);
  let child: ChildProcess | undefined;
  process.on("exit", () => child?.kill("SIGKILL"));
  const start = async () => {
    child = spawn("ngircd", ["--nodaemon", "--config", file], { env, stdio: "ignore" });
    for (const end = Date.now() + 10_000; !(await answers(port)); await sleep(20))
      if (Date.now() > end || child.exitCode !== null) throw new Error("ngircd does not start");
  };
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, "exit");
    running.kill(signal);
    await gone;
  };
  await start();
  return {
    port,
    tlsPort,
    certificate: await readFile(join(folder, "tls.crt"), "utf8"),
    start,
    stop,
    freeze: () => void child?.kill("SIGSTOP"),
    async remove() {
      await stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A citizen with any IRC program. */
export interface Citizen {
  /** Lines of private messages and notices to this citizen: `nick> text`, `nick! text`. */
  readonly heard: readonly string[];
  say(to: string, text: string, command?: "PRIVMSG" | "NOTICE"): void;
  quit(): Promise<void>;
  isGone(): boolean;
}

export async function joinAs(nick: string, port: number, password = ""): Promise<Citizen> {
  const socket: Socket = connect(port, "127.0.0.1");
  const heard: string[] = [];
  const welcome = Promise.withResolvers<void>();
  socket.on("error", welcome.reject);
  const lines = createInterface({ input: socket });
  // A server that is killed resets its connections.
  lines.on("error", () => undefined);
  lines.on("line", (line) => {
    if (line.startsWith("PING ")) socket.write(`PONG ${line.slice(5)}\r\n`);
    const [, command, text] = /^:\S+ (\S+) \S+(?: :(.*))?/.exec(line) ?? [];
    if (command === "001") welcome.resolve();
    else if (command?.startsWith("4")) welcome.reject(new Error(line));
    else if (command === "PRIVMSG" || command === "NOTICE") {
      const [, from] = /^:([^!]+)!/.exec(line) ?? [];
      if (from !== undefined) heard.push(`${from}${command === "PRIVMSG" ? ">" : "!"} ${text}`);
    }
  });
  if (password !== "") socket.write(`PASS ${password}\r\n`);
  socket.write(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}\r\n`);
  await welcome.promise;
  return {
    heard,
    say: (to, text, command = "PRIVMSG") => void socket.write(`${command} ${to} :${text}\r\n`),
    isGone: () => socket.destroyed,
    async quit() {
      const gone = once(socket, "close");
      socket.end("QUIT\r\n");
      await gone;
    },
  };
}

const certificateRequest = (folder: string) =>
  `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=irc.town.example -addext
  subjectAltName=IP:127.0.0.1 -out ${folder}/tls.crt -keyout ${folder}/tls.key`.split(/\s+/);

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly password: string;
}

const configuration = ({ folder, port, tlsPort, password }: Place) => `[Global]
Name = irc.town.example
Info = a test
AdminInfo1 = a test
AdminInfo2 = a test
AdminEMail = admin@town.example
Listen = 127.0.0.1
Ports = ${port}
${password === "" ? "" : `Password = ${password}`}
[Limits]
MaxConnectionsIP = 0
MaxNickLength = 31
[Options]
DNS = no
Ident = no
PAM = no
[SSL]
CertFile = ${folder}/tls.crt
KeyFile = ${folder}/tls.key
Ports = ${tlsPort}
`;

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on("connect", () => end(true)).on("error", () => end(false));
  });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}
