// The mail server that citizens' mail reaches, as a process of its own: what it took is a line of a file before it says 250.
import { appendFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

const [port = "", file = ""] = process.argv.slice(2);
const server = new SMTPServer({
  authOptional: true,
  disableReverseLookup: true,
  disabledCommands: ["STARTTLS"],
  onData(stream, session, done) {
    text(stream).then(
      (raw) => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        appendFileSync(file, `${JSON.stringify({ to, raw })}\n`);
        done(null, "queued");
      },
      // The connection ended within the mail: there is nobody to tell.
      () => undefined,
    );
  },
});
server.on("error", () => undefined);
server.listen(Number(port), "127.0.0.1", () => console.log("up"));
