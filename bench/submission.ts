import SMTPConnection from "nodemailer/lib/smtp-connection";

/** A connection to the intake that hands over mails as they are written, one after the other. */
export interface Submission {
  /** Resolves at the 250 that answers the mail. */
  send(envelope: { from: string; to: string }, mail: string): Promise<void>;
  close(): void;
}

export function openSubmission(port: number): Promise<Submission> {
  const connection = new SMTPConnection({ host: "127.0.0.1", port, ignoreTLS: true });
  const send: Submission["send"] = (envelope, mail) =>
    new Promise((resolve, reject) => connection.send(envelope, mail, (fault) => (fault ? reject(fault) : resolve())));
  return new Promise((resolve, reject) => {
    connection.once("error", reject);
    connection.connect(() => resolve({ send, close: () => connection.quit() }));
  });
}
