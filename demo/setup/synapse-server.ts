import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCpuMs } from "./cpu-time.ts";
import { isPortFree } from "./free-port.ts";
import { synapsePython } from "./paths.js";
import { type ServerProcess, startServer } from "./server-process.ts";

export interface SynapseServerOptions {
  /** Holds everything the server writes; what an earlier run left there is taken up again. */
  readonly folder: string;
  readonly port: number;
  /** Part of user ids; cannot change for a folder that was used. */
  readonly domain: string;
  /** Paths of registration files. */
  readonly appServices?: readonly string[];
  /** Keys of homeserver.yaml to add or replace. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Python level of its log, "WARNING" unless told: "INFO" writes a line a request. */
  readonly logLevel?: "DEBUG" | "INFO" | "WARNING";
}

export interface SynapseUser {
  readonly userId: string;
  readonly password: string;
  readonly accessToken: string;
  readonly deviceId: string;
}

/** A real Synapse on 127.0.0.1 with SQLite, without federation and without rate limits. */
export interface SynapseServer {
  readonly url: string;
  readonly domain: string;
  readonly port: number;
  readonly log: string;
  /** Makes a local account. @throws when the name is taken. */
  register(name: string, options?: { password?: string; admin?: boolean }): Promise<SynapseUser>;
  /** CPU time of the running process so far, user and system, in ms. */
  cpuMs(): number;
  /** False once it has ended, for whatever reason. */
  isRunning(): boolean;
  /** Only sends it, as for SIGSTOP and SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it; `start` brings it back on the same port with the same data. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  restart(options?: { signal?: NodeJS.Signals }): Promise<void>;
}

const SHARED_SECRET_FILE = "registration-secret";
const UNLIMITED = { per_second: 100_000, burst_count: 100_000 };

/** Starts Synapse from .local/synapse (`ensureSynapse` installs it) and waits for its /health. */
export async function startSynapseServer(options: SynapseServerOptions): Promise<SynapseServer> {
  mkdirSync(options.folder, { recursive: true });
  const log = join(options.folder, "synapse.log");
  const url = `http://127.0.0.1:${options.port}`;
  const secret = keepSecret(join(options.folder, SHARED_SECRET_FILE), () => randomBytes(24).toString("hex"));
  // Synapse's own format: version, key id, unpadded base64 of the seed.
  keepSecret(
    join(options.folder, "signing.key"),
    () => `ed25519 a_guichet ${randomBytes(32).toString("base64").replace(/=+$/, "")}\n`,
  );
  // JSON is YAML.
  writeFileSync(
    join(options.folder, "homeserver.yaml"),
    JSON.stringify(homeserverConfig(options, secret), undefined, 1),
  );
  writeFileSync(join(options.folder, "log.yaml"), JSON.stringify(logConfig(log, options.logLevel ?? "WARNING")));

  let server: ServerProcess | undefined;
  const start = async () => {
    if (server?.isRunning()) return;
    if (!existsSync(synapsePython))
      throw new Error("Synapse is not installed: `npm test` and `npm run demo` install it into .local/synapse");
    if (!(await isPortFree(options.port))) throw new Error(`Synapse's port ${options.port} is taken`);
    server = await startServer({
      name: "Synapse",
      command: synapsePython,
      args: ["-m", "synapse.app.homeserver", "-c", "homeserver.yaml"],
      cwd: options.folder,
      log,
      isReady: async () => (await fetch(`${url}/health`)).ok,
      readyWithinMs: 60_000,
    });
  };
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    await server?.stop(signal);
    server = undefined;
  };
  await start();
  return {
    url,
    domain: options.domain,
    port: options.port,
    log,
    start,
    stop,
    isRunning: () => server?.isRunning() === true,
    signal: (signal) => server?.signal(signal),
    async restart({ signal = "SIGTERM" } = {}) {
      await stop(signal);
      await start();
    },
    register: (name, { password = randomBytes(12).toString("hex"), admin = false } = {}) =>
      register(url, secret, { name, password, admin }),
    cpuMs() {
      if (server === undefined) throw new Error("Synapse is not running");
      return readCpuMs(server.pid);
    },
  };
}

function homeserverConfig(options: SynapseServerOptions, secret: string) {
  return {
    server_name: options.domain,
    public_baseurl: `http://127.0.0.1:${options.port}/`,
    signing_key_path: "signing.key",
    media_store_path: "media",
    pid_file: "pid",
    log_config: "log.yaml",
    report_stats: false,
    database: { name: "sqlite3", args: { database: "homeserver.db" } },
    listeners: [
      {
        port: options.port,
        type: "http",
        tls: false,
        bind_addresses: ["127.0.0.1"],
        resources: [{ names: ["client"] }],
      },
    ],
    federation_domain_whitelist: [],
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    registration_shared_secret: secret,
    macaroon_secret_key: secret,
    form_secret: secret,
    presence: { enabled: false },
    max_upload_size: "100M",
    app_service_config_files: options.appServices ?? [],
    rc_message: UNLIMITED,
    rc_registration: UNLIMITED,
    rc_login: { address: UNLIMITED, account: UNLIMITED, failed_attempts: UNLIMITED },
    rc_joins: { local: UNLIMITED, remote: UNLIMITED },
    rc_joins_per_room: UNLIMITED,
    rc_invites: { per_room: UNLIMITED, per_user: UNLIMITED, per_issuer: UNLIMITED },
    rc_room_creation: UNLIMITED,
    rc_media_create: UNLIMITED,
    ...options.config,
  };
}

function logConfig(file: string, level: string) {
  return {
    version: 1,
    formatters: { line: { format: "%(asctime)s %(levelname)s %(name)s %(message)s" } },
    handlers: { file: { class: "logging.FileHandler", filename: file, formatter: "line" } },
    root: { level, handlers: ["file"] },
    disable_existing_loggers: false,
  };
}

/** @returns the file's content, which is made once and readable by us alone. */
function keepSecret(file: string, make: () => string): string {
  if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

/** Shared-secret registration, as Synapse documents it under "Registering a user". */
async function register(
  url: string,
  secret: string,
  { name, password, admin }: { name: string; password: string; admin: boolean },
): Promise<SynapseUser> {
  const endpoint = `${url}/_synapse/admin/v1/register`;
  const { nonce } = await readJson(await fetch(endpoint));
  const mac = createHmac("sha1", secret)
    .update([nonce, name, password, admin ? "admin" : "notadmin"].join("\0"))
    .digest("hex");
  const answer = await readJson(
    await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ nonce, username: name, password, admin, mac }),
    }),
  );
  return {
    userId: String(answer.user_id),
    password,
    accessToken: String(answer.access_token),
    deviceId: String(answer.device_id),
  };
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json();
  if (!response.ok || typeof body !== "object" || body === null) {
    throw new Error(`Synapse answered ${response.status}: ${JSON.stringify(body)}`);
  }
  return { ...body };
}
