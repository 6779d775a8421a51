/** What agents are told about a sender, one sentence each. */
export interface TrustWords {
  readonly forged: (domain: string, policy: "quarantine" | "reject") => string;
  readonly otherName: (shown: string, address: string) => string;
  readonly answersElsewhere: (address: string) => string;
  readonly severalSenders: string;
}

const en: TrustWords = {
  forged: (domain, policy) =>
    policy === "reject"
      ? `The sender may be forged: nothing proves that this mail is from ${domain}, which asks to refuse such mail.`
      : `The sender may be forged: nothing proves that this mail is from ${domain}, which asks to treat such mail with caution.`,
  otherName: (shown, address) =>
    `The sender's name shows the address ${shown}, but the mail names ${address} as its sender.`,
  answersElsewhere: (address) => `The sender asks for answers at another address: ${address}.`,
  severalSenders: "This mail names several senders; only the first is shown.",
};

const fr: TrustWords = {
  forged: (domain, policy) =>
    policy === "reject"
      ? `L'expéditeur est peut-être usurpé : rien ne prouve que ce courriel vient de ${domain}, qui demande de refuser de tels messages.`
      : `L'expéditeur est peut-être usurpé : rien ne prouve que ce courriel vient de ${domain}, qui appelle à la prudence devant de tels messages.`,
  otherName: (shown, address) =>
    `Le nom de l'expéditeur montre l'adresse ${shown}, mais le courriel indique ${address} comme expéditeur.`,
  answersElsewhere: (address) => `L'expéditeur demande que l'on réponde à une autre adresse : ${address}.`,
  severalSenders: "Ce courriel indique plusieurs expéditeurs ; seul le premier est affiché.",
};

const WORDS: Readonly<Record<string, TrustWords>> = { en, fr };

/** In the first of the languages that we speak. */
export const chooseTrustWords = (languages: readonly string[]): TrustWords =>
  languages.flatMap((language) => WORDS[language.split("-")[0] ?? ""] ?? []).at(0) ?? en;
