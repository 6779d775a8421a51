import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An authority of our own, a server's and a client's certificate, and the two in the form that Java reads. */
export interface SmscCertificates {
  readonly ca: string;
  readonly client: { readonly cert: string; readonly key: string };
  /** `FILE:PASSWORD` for the SMSC's options. */
  readonly server: string;
  readonly clientCa: string;
  remove(): Promise<void>;
}

export async function makeSmscCertificates(): Promise<SmscCertificates> {
  const folder = await mkdtemp(join(tmpdir(), "guichet-smsc-tls-"));
  const openssl = (...words: string[]) => run("openssl", words, { cwd: folder });
  const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "9", "-extfile", "names"];
  await writeFile(join(folder, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const key = ["-newkey", "rsa:2048", "-nodes"];
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "9", "-subj", "/CN=test CA");
  for (const name of ["server", "client"]) {
    await openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    await openssl("x509", "-req", "-in", `${name}.csr`, ...signing, "-out", `${name}.crt`);
  }
  const pack = ["-certfile", "ca.crt", "-passout", "pass:changeit", "-out", "server.p12"];
  await openssl("pkcs12", "-export", "-in", "server.crt", "-inkey", "server.key", ...pack);
  const store = ["-keystore", "ca.p12", "-storetype", "PKCS12", "-storepass", "changeit"];
  await run("keytool", ["-importcert", "-noprompt", "-alias", "ca", "-file", "ca.crt", ...store], { cwd: folder });
  return {
    ca: join(folder, "ca.crt"),
    client: { cert: join(folder, "client.crt"), key: join(folder, "client.key") },
    server: `${join(folder, "server.p12")}:changeit`,
    clientCa: `${join(folder, "ca.p12")}:changeit`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
