import { type Logger, pino, stdSerializers } from "pino";

/**
 * The process's log: lines of JSON on standard output. Of an error it keeps the kind, the code and the stack; a database puts
 * whole rows into an error's other members, and a citizen's words with them.
 */
export function openLog(level: string): Logger {
  return pino({ level, base: null, serializers: { err: describe } });
}

function describe(error: Error) {
  const { type, message, code, stack } = stdSerializers.err(error);
  return { type, message, code, stack };
}
