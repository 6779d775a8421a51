import { isRecord } from "../domain/is-record.ts";

/** The map under a key; an empty one when there is none, so that a file with other faults can still be looked at. */
export function mapUnder(value: unknown, key: string): Record<string, unknown> {
  const child: unknown = isRecord(value) ? value[key] : undefined;
  return isRecord(child) ? child : {};
}

export function textUnder(value: unknown, key: string): string | undefined {
  const child: unknown = isRecord(value) ? value[key] : undefined;
  return typeof child === "string" ? child : undefined;
}
