/** One field of a query or of a form (WHATWG URL, application/x-www-form-urlencoded), in the order of the request. */
export interface FormField {
  readonly name: string;
  /** Read as UTF-8. */
  readonly value: string;
  /** As they came: some gateways send texts in other charsets. */
  readonly octets: Buffer;
}

/** @param text octets of the query or the body, one character each (latin1). */
export function parseForm(text: string): FormField[] {
  return text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const cut = pair.indexOf("=");
      const octets = cut === -1 ? Buffer.alloc(0) : decode(pair.slice(cut + 1));
      return {
        name: decode(cut === -1 ? pair : pair.slice(0, cut)).toString("utf8"),
        value: octets.toString("utf8"),
        octets,
      };
    });
}

const decode = (text: string) =>
  Buffer.from(
    text
      .replaceAll("+", " ")
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
