import type { Cost } from "../adapter/index.ts";
import type { StoredRefusal } from "../store/schema.ts";

export const said = (code: string, answer: string | undefined) => (answer ? `${code}: ${answer}` : code);

export const listed = (refused: readonly StoredRefusal[]) =>
  refused.map(({ address, code, remoteAnswer }) => `${address} (${said(code, remoteAnswer)})`).join(", ");

export const counted = (...things: readonly (readonly [count: number, one: string, many: string])[]) =>
  things.flatMap(([count, one, many]) => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`])).join(", ");

export const money = (language: string, { amount, currency }: Cost) =>
  new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 4 }).format(amount);

export const megabytes = (language: string, bytes: number) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / 1_000_000);

export const sentences = (...said: readonly (string | false)[]) => said.filter((one) => one !== false).join(" ");
