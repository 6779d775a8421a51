import { createHash, createHmac } from "node:crypto";
import type { FormField } from "../form.ts";
import { headerOf, type IncomingRequest } from "../incoming.ts";
import { isSame } from "./compare.ts";

/**
 * Checks X-Twilio-Signature (Twilio, "Webhooks security"): HMAC-SHA1 with the account's auth token over the URL and the
 * form's fields, sorted; of a JSON body the URL holds the hash.
 */
export function isSignedByTwilio(request: IncomingRequest, authToken: string): boolean {
  const given = headerOf(request, "x-twilio-signature");
  if (given === undefined) return false;
  const hash = request.query.find(({ name }) => name === "bodySHA256")?.value;
  if (hash !== undefined && !isSame(hash.toLowerCase(), createHash("sha256").update(request.body).digest("hex")))
    return false;
  if (hash === undefined && request.form.length === 0 && request.body.length > 0) return false;
  const fields = hash === undefined ? joinFields(request.form) : "";
  return spellings(request.url).some((url) =>
    isSame(
      given,
      createHmac("sha1", authToken)
        .update(url + fields)
        .digest("base64"),
    ),
  );
}

/** Sorted by name; of a field that comes more than once, the values sorted and each once, as Twilio's own libraries do. */
function joinFields(form: readonly FormField[]): string {
  const names = [...new Set(form.map(({ name }) => name))].sort();
  return names
    .flatMap((name) => {
      const values = form.filter((each) => each.name === name).map(({ value }) => value);
      return [...new Set(values)].sort().map((value) => name + value);
    })
    .join("");
}

/** Twilio may or may not have signed the standard port. */
function spellings(url: string): string[] {
  const [, scheme = "", host = "", port, rest = ""] = /^(https?):\/\/([^/?#:]+|\[[^\]]+\])(:\d+)?(.*)$/.exec(url) ?? [];
  const standard = scheme === "https" ? ":443" : ":80";
  if (port !== undefined && port !== standard) return [url];
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}${standard}${rest}`];
}
