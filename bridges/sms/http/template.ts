/** What a profile's templates may refer to as `{name}`; `{a|b}` takes the first that is there, `{name:url}` escapes it for a URL. */
export const PLACES = [
  // Of the message.
  "to",
  "to_digits",
  "from",
  "from_digits",
  "text",
  "encoding",
  "delivery_id",
  "tag",
  // Of the settings.
  "account",
  "key",
  "secret",
  "consumer_key",
  "token",
  "text_url",
  "receipt_url",
  // Of a webhook's request that is confirmed.
  "id",
] as const;

export type Place = (typeof PLACES)[number];
export type Values = Readonly<Partial<Record<Place, string>>>;

const PLACEHOLDER = /\{([a-z_|]+)(:url)?\}/g;
const known: ReadonlySet<string> = new Set(PLACES);
const isPlace = (name: string): name is Place => known.has(name);

/** Names in a template that mean nothing. */
export const findUnknownPlaces = (template: string): string[] =>
  [...template.matchAll(PLACEHOLDER)].flatMap(([, names = ""]) => names.split("|").filter((name) => !isPlace(name)));

/**
 * Fills a template in.
 * @param encode applied to each value, for templates that are part of a URL.
 * @returns undefined when a value is not there: what the template is for is then left out.
 */
export function fill(template: string, values: Values, encode = (value: string) => value): string | undefined {
  let isComplete = true;
  const filled = template.replace(PLACEHOLDER, (_, names: string, escaped: string | undefined) => {
    const value = names
      .split("|")
      .flatMap((name) => (isPlace(name) ? [values[name]] : []))
      .find((each) => each !== undefined);
    if (value === undefined) isComplete = false;
    return encode(escaped === undefined ? (value ?? "") : encodeURIComponent(value ?? ""));
  });
  return isComplete ? filled : undefined;
}
