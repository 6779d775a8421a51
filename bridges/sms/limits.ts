import { createInOrder, DeliveryError, type Notes } from "../../src/adapter/index.ts";

export interface LimitSettings {
  readonly per_minute?: number | undefined;
  readonly per_day?: number | undefined;
}

/** Keeps a channel from spending more than its operator allows: each part counts. */
export interface Limits {
  /**
   * Counts the parts of a text about to leave.
   * @returns what takes them back, for a text that certainly did not leave.
   * @throws DeliveryError (retry) when the limit is reached.
   */
  spend(parts: number): Promise<() => Promise<void>>;
}

const MINUTE_MS = 60_000;
const NOTE = "spent-today";

export function createLimits(settings: LimitSettings, notes: Notes, now: () => Date): Limits {
  const { per_minute: perMinute = Number.POSITIVE_INFINITY, per_day: perDay = Number.POSITIVE_INFINITY } = settings;
  let minute: { readonly at: number; readonly parts: number }[] = [];
  let today: { readonly day: string; readonly parts: number } | undefined;
  const inOrder = createInOrder();

  /** Days are those of UTC. @param parts negative to take them back */
  const countDay = async (parts: number) => {
    if (perDay === Number.POSITIVE_INFINITY) return;
    const day = now().toISOString().slice(0, 10);
    today ??= readNote(await notes.get(NOTE));
    const before = today.day === day ? today.parts : 0;
    if (parts > 0 && before + parts > perDay) throw new DeliveryError("retry", "SMS_LIMIT_DAY");
    const after = { day, parts: Math.max(0, before + parts) };
    await notes.set(NOTE, `${after.day} ${after.parts}`);
    today = after;
  };
  const spend = async (parts: number) => {
    const at = now().getTime();
    minute = minute.filter((each) => at - each.at < MINUTE_MS);
    const spent = minute.reduce((sum, each) => sum + each.parts, 0);
    // A text that is longer than a whole minute allows leaves alone, or it never would.
    if (spent > 0 && spent + parts > perMinute) throw new DeliveryError("retry", "SMS_LIMIT_MINUTE");
    await countDay(parts);
    const own = { at, parts };
    minute.push(own);
    return () => {
      minute = minute.filter((each) => each !== own);
      return inOrder(NOTE, () => countDay(-parts));
    };
  };
  return { spend: (parts) => inOrder(NOTE, () => spend(parts)) };
}

function readNote(note: string | undefined): { day: string; parts: number } {
  const [day = "", parts = "0"] = (note ?? "").split(" ");
  return { day, parts: Number(parts) };
}
