/** PostgreSQL takes neither NUL nor half a surrogate pair in a text; both occur in what strangers send. */
export const cleanText = (text: string) => text.replaceAll("\0", "\uFFFD").toWellFormed();
