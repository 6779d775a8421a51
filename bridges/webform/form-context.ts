import type { KeyObject } from "node:crypto";
import type { BridgeHost } from "../../src/adapter/index.ts";
import { type Field, fieldsIn } from "./fields.ts";
import type { FormKeys } from "./guard/keys.ts";
import { isProven, makeChallenge } from "./guard/proof.ts";
import type { Site } from "./pages/page.ts";
import type { FormSettings } from "./settings.ts";
import { bareOf, chooseLanguage, LANGUAGES, sayOwn, type Texts, textsIn } from "./texts.ts";

/** A form, apart from any request. */
export interface Form {
  readonly settings: FormSettings;
  readonly host: BridgeHost;
  readonly keys: FormKeys;
  /** Where the form is reached from outside. */
  readonly publicUrl: string;
}

/** What a request is answered with, in its language. */
export interface Asked {
  readonly site: Site;
  readonly texts: Texts;
  readonly fields: readonly Field[];
}

export const readAsked = (form: Form, request: Request): Asked =>
  askedIn(form, readLanguage(form, new URL(request.url).searchParams, request.headers.get("accept-language")));

/** Language of the page for a visitor. @param query of the address. */
export const readLanguage = ({ settings, host }: Form, query: URLSearchParams, acceptLanguage: string | null): string =>
  chooseLanguage(settings.languages, { asked: query.get("lang"), acceptLanguage, agency: host.languages });

export function askedIn({ settings, host, publicUrl }: Form, language: string): Asked {
  const texts = textsIn(language);
  return {
    texts,
    fields: fieldsIn(settings.fields, texts, host.languages),
    site: {
      path: new URL(publicUrl).pathname.replace(/\/$/, ""),
      agency: sayOwn(Object.fromEntries(host.agencyNames), [language, ...host.languages]).text,
      languages: settings.languages.map(textsIn),
      embedIn: settings.embed_in.map((site) => new URL(site).origin),
    },
  };
}

/** The texts in which agents are written to. */
export function agencyTexts({ host }: Form): Texts {
  const language = chooseLanguage(LANGUAGES, {
    asked: null,
    acceptLanguage: null,
    agency: host.languages.map(bareOf),
  });
  return textsIn(language);
}

/** What a form needs of its keys, read once a request. */
export interface Secrets {
  readonly key: KeyObject;
  challenge(nonce: string): Promise<string>;
  isProven(nonce: string, proof: string): Promise<boolean>;
}

export async function readSecrets({ keys }: Form): Promise<Secrets> {
  const [key, text] = await Promise.all([keys.read(), keys.readText()]);
  return {
    key,
    challenge: (nonce) => makeChallenge(text, nonce),
    isProven: (nonce, proof) => isProven(text, nonce, proof),
  };
}
