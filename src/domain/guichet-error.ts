/**
 * A fault with a stable code and a sentence that says what to do. The sentence is for operators: it holds no secret and
 * no citizen's words or address.
 */
export class GuichetError extends Error {
  override readonly name = "GuichetError";
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
