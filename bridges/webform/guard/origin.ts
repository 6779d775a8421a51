/**
 * Whether a post comes from a page of our own, as far as the browser says (Fetch, section 3.2; Fetch Metadata). Programs
 * that say nothing prove themselves by the form's token alone.
 */
export function isOwnOrigin(headers: Headers, publicUrl: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return false;
  const origin = headers.get("origin");
  return origin === null || origin === new URL(publicUrl).origin;
}
