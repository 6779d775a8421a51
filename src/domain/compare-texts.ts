/** Orders texts by their UTF-16 code units: the same everywhere, whatever the language. For `sort`. */
export const compareTexts = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
