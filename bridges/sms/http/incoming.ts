import type { IncomingHttpHeaders } from "node:http";
import { firstOf, parseJson, type ReadField, readerOfForm, readerOfJson } from "./fields.ts";
import { type FormField, parseForm } from "./form.ts";

/** A request to the webhook, before anybody knows who sent it. */
export interface IncomingRequest {
  readonly method: string;
  /** As the gateway called it, when the public address is known: signatures are over that. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: readonly FormField[];
  /** Fields of the body when it is a form. */
  readonly form: readonly FormField[];
  readonly json: unknown;
  readonly body: Buffer;
}

/** @param search the query with its question mark, as it stood in the request. */
export function readRequest(
  request: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders },
  search: string,
  body: Buffer,
): IncomingRequest {
  const type = request.headers["content-type"] ?? "";
  const isForm = type.startsWith("application/x-www-form-urlencoded");
  return {
    ...request,
    query: parseForm(search.replace(/^\?/, "")),
    form: isForm ? parseForm(body.toString("latin1")) : [],
    json: /^application\/([\w.-]+\+)?json\b/.test(type) ? parseJson(body.toString("utf8")) : undefined,
    body,
  };
}

/** The body's fields come before those of the query. */
export const fieldsOf = ({ form, json, query }: IncomingRequest): ReadField =>
  firstOf(readerOfForm(form), readerOfJson(json), readerOfForm(query));

/** A field's octets, for texts in charsets other than UTF-8. */
export const octetsOf = ({ form, query }: IncomingRequest, name: string): Buffer | undefined =>
  [...form, ...query].find((each) => each.name === name)?.octets;

export function headerOf({ headers }: IncomingRequest, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === "string" ? value : value?.[0];
}
