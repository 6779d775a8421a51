// Shifts the clock of guichet by as many milliseconds as a file says (GUICHET_CHAOS_CLOCK): as when an operator sets it.
import { readFileSync } from "node:fs";

const file = process.env.GUICHET_CHAOS_CLOCK;
const LOOK_MS = 200;
let offset = 0;
const look = () => {
  try {
    offset = Number(readFileSync(file ?? "", "utf8")) || 0;
  } catch {
    offset = 0;
  }
};
if (file !== undefined) {
  look();
  setInterval(look, LOOK_MS).unref();
  const now = Date.now.bind(Date);
  const shifted = () => now() + offset;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [shifted()] : args, made),
    apply: (target) => new target(shifted()).toString(),
    get: (target, name, receiver) => (name === "now" ? shifted : Reflect.get(target, name, receiver)),
  });
}
