// A guichet as far as its embedded PostgreSQL goes, as a process of its own. Tells its URL or its fault; ends at SIGTERM.
import { pino } from "pino";
import { GuichetError } from "../../../src/domain/guichet-error.ts";
import { startEmbedded } from "../../../src/store/embedded.ts";

const [folder = ""] = process.argv.slice(2);
try {
  const server = await startEmbedded({ folder, log: pino({ level: "silent" }) });
  process.once("SIGTERM", () => void server.stop().then(() => console.log("stopped")));
  console.log(`up ${server.url}`);
  // Its server alone does not keep a process alive.
  setInterval(() => undefined, 60_000).unref();
  process.stdin.resume();
  process.once("SIGTERM", () => process.stdin.destroy());
} catch (error) {
  console.log(`fault ${error instanceof GuichetError ? `${error.code} ${error.message}` : String(error)}`);
}
