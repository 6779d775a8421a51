import { GuichetError } from "../domain/guichet-error.ts";

/** Keys that lead from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** One thing that is wrong in a configuration file. Holds no secret. */
export interface Fault {
  /** As the operator named it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** `channels.town-mail.imap.port`; "" for the file as a whole. */
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
}

/** A fault before its place in the file is known. `at: "key"`: the key itself is wrong. */
export interface Finding {
  readonly path: Path;
  readonly at?: "key";
  readonly found: string;
  readonly allowed: string;
}

export class ConfigError extends GuichetError {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super("CONFIG_INVALID", faults.map(printFault).join("\n"));
    this.faults = faults;
  }
}

/** `guichet.yaml:14:11 channels.town-mail.imap.port: found "abc", allowed: a whole number from 1 to 65535` */
export function printFault(fault: Fault): string {
  const path = fault.path === "" ? "" : ` ${fault.path}:`;
  return `${fault.file}:${fault.line}:${fault.column}${path} found ${fault.found}, allowed: ${fault.allowed}`;
}

/** `agencies.town-hall.languages[0]` */
export const printPath = (path: Path) =>
  path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
