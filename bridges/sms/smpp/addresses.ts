import type { SmppAddress } from "./pdu.ts";

const INTERNATIONAL = 1;
const NETWORK_SPECIFIC = 3;
const ALPHANUMERIC = 5;
const E164_PLAN = 1;
const NO_PLAN = 0;

/** A number in E.164, a short code or an alphanumeric sender, as SMSCs want them (SMPP 3.4, 5.2.5 to 5.2.9). */
export function addressOf(written: string): SmppAddress {
  if (written.startsWith("+")) return { ton: INTERNATIONAL, npi: E164_PLAN, address: written.slice(1) };
  if (/^\d+$/.test(written)) return { ton: NETWORK_SPECIFIC, npi: NO_PLAN, address: written };
  return { ton: ALPHANUMERIC, npi: NO_PLAN, address: written };
}

/** With a + when the SMSC says that it is an international number. */
export const readAddressOf = ({ ton, address }: SmppAddress): string =>
  ton === INTERNATIONAL && /^\d+$/.test(address) ? `+${address}` : address;
