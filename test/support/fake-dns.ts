import type { Dns } from "../../bridges/email/trust/dns.ts";

/** DNS out of a table: `{ "TXT town.example": ["v=spf1 -all"] }`; `"fails"` for a server that does not answer. */
export function fakeDns(records: Readonly<Record<string, readonly string[] | "fails">>): Dns & { asked: string[] } {
  const asked: string[] = [];
  const find = async (kind: string, name: string) => {
    asked.push(`${kind} ${name}`);
    const found = records[`${kind} ${name.toLowerCase()}`] ?? [];
    if (found === "fails") throw new Error("no answer");
    return found;
  };
  return {
    asked,
    txt: (name) => find("TXT", name),
    addresses: (name, family) => find(family === 4 ? "A" : "AAAA", name),
    mx: (name) => find("MX", name),
    ptr: (name) => find("PTR", name),
  };
}
