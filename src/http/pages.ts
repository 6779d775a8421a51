/** Statuses that guichet answers with itself, and what its pages say. */
const ENGLISH = {
  400: ["This request cannot be read", "Go back and try again."],
  404: ["There is no such page", "Check the address, or follow the link again that you were given."],
  405: ["This address cannot be used in that way", "Go back and try again."],
  408: ["The request took too long", "Check your connection and try again."],
  410: ["This link is no longer valid", "Ask the agency that sent it to you for a new one."],
  413: ["That is too large", "Send less or smaller files."],
  431: ["The request is too large", "Clear this site's cookies and try again."],
  500: ["Something went wrong on our side", "Try again later. If it goes on, reach the agency another way."],
  502: ["The file cannot be fetched at the moment", "Try again in a few minutes."],
  503: ["This service is not available at the moment", "Try again in a few minutes."],
} as const;

export type PageStatus = keyof typeof ENGLISH;
type Words = Readonly<Record<PageStatus, readonly [title: string, cure: string]>>;

const FRENCH: Words = {
  400: ["Cette demande est illisible", "Revenez en arrière et recommencez."],
  404: ["Cette page n’existe pas", "Vérifiez l’adresse, ou suivez de nouveau le lien que vous avez reçu."],
  405: ["Cette adresse ne s’utilise pas ainsi", "Revenez en arrière et recommencez."],
  408: ["La demande a pris trop de temps", "Vérifiez votre connexion et recommencez."],
  410: ["Ce lien n’est plus valable", "Demandez-en un nouveau au service qui vous l’a envoyé."],
  413: ["C’est trop volumineux", "Envoyez moins de fichiers, ou de plus petits."],
  431: ["La demande est trop volumineuse", "Effacez les cookies de ce site et recommencez."],
  500: ["Une erreur s’est produite chez nous", "Recommencez plus tard, ou joignez le service autrement."],
  502: ["Le fichier ne peut pas être obtenu pour l’instant", "Recommencez dans quelques minutes."],
  503: ["Ce service n’est pas disponible pour l’instant", "Recommencez dans quelques minutes."],
};

const WORDS: ReadonlyMap<string, Words> = new Map([
  ["en", ENGLISH],
  ["fr", FRENCH],
]);

export interface Page {
  readonly status: PageStatus;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A page that needs no style, no script and no connection. @param acceptLanguage as the visitor's browser says it. */
export function makePage(status: PageStatus, acceptLanguage?: string | null): Page {
  const asked = (acceptLanguage ?? "").split(",").map((each) => each.trim().slice(0, 2).toLowerCase());
  const language = asked.find((each) => WORDS.has(each)) ?? "en";
  const [title, cure] = (WORDS.get(language) ?? ENGLISH)[status];
  const body = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${cure}</p>
</main>
</body>
</html>
`;
  return { status, headers: { "content-type": "text/html; charset=utf-8", "content-language": language }, body };
}
