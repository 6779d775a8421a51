/** What a page may do unless its handler says otherwise: show itself, send its forms home, and nothing else. */
const DEFAULTS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};
/** Half a year, in seconds. */
const HTTPS_SECONDS = 15_768_000;

/** Adds what the answer does not say itself. @param isSecure whether visitors come by https. */
export function secureHeaders(given: Headers | Readonly<Record<string, string>>, isSecure: boolean): Headers {
  const headers = new Headers(given);
  const all = isSecure ? { ...DEFAULTS, "strict-transport-security": `max-age=${HTTPS_SECONDS}` } : DEFAULTS;
  for (const [name, value] of Object.entries(all)) if (!headers.has(name)) headers.set(name, value);
  return headers;
}
