import { GuichetError } from "../domain/guichet-error.ts";

/** Why the bridge that a `use` means cannot be had. */
export class BridgeFault extends GuichetError {
  /** As in `Finding`. */
  readonly found: string;
  readonly allowed: string;

  constructor(code: string, found: string, allowed: string, options?: { cause?: unknown }) {
    super(code, `Found ${found}, allowed: ${allowed}`, options);
    this.found = found;
    this.allowed = allowed;
  }
}
