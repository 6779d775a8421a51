// What `guichet/adapter` is for programs that load it from a package: JavaScript, because Node strips no types under
// node_modules. An installed guichet brings its build; a clone has its source.
import { existsSync } from "node:fs";

const source = new URL("./index.ts", import.meta.url);
const entry = existsSync(source) ? source : new URL("../../dist/src/adapter/index.js", import.meta.url);
export const {
  CONTRACT_GENERATION,
  DeliveryError,
  backOff,
  createInOrder,
  escapeHtml,
  isTimeZone,
  pause,
  toWebStream,
  untilAborted,
} = await import(entry.href);
