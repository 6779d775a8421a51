/**
 * What mail servers write when a message did not arrive, by language. Lower case, white space folded. A pattern is told
 * for sure: it names mail and that it failed.
 */
const FAILURES: Readonly<Record<string, RegExp>> = {
  en: /(?:could|can|would)(?: not|n't|not) (?:be |\w+ )?(?:deliver|sen[dt] to|reach)|unable to (?:be )?deliver|(?:was|were|has been)(?: not|n't)(?: yet)? (?:been )?(?:able to )?deliver|not (?:yet )?been delivered|message not delivered|mail was not delivered|not be reached|undeliver|non-?delivery|fail(?:ed|ure) to deliver|deliver(?:y|ing)?(?: \S+){0,6} (?:has |was |been )*(?:failed|failure|delayed|aborted)|delivery (?:failed|failure|problem|error)|delevery to the following|did not reach|returned to sender|mail (?:has been )?returned|had (?:permanent fatal|permanent|transient|delivery|fatal)(?: \w+){0,2} (?:error|problem)|permanent (?:fatal )?(?:error|failure)|automatically rejected|(?:failed|error) (?:addresses|recipients)|recipients? (?:was|were) rejected|error (?:was detected )?while (?:being )?process|did not receive this message|error delivering|no valid recipients|unknown user|user unknown|user not known|invalid final delivery|exceeds allowed size|mailbox is full|an email you sent was rejected|message (?:was|has been) rejected|malformed address|incorrectly constructed|did not exactly match|group you tried to contact|no matches to nameserver|duplicated message-id/,
  fr: /n'?a (?:pas )?pu (?:[eê]tre )?(?:d[ée]livr|remis|distribu|envoy|achemin|livr)|non remis|non distribu|[ée]chec de (?:la )?(?:remise|livraison|distribution|l'envoi)|impossible de (?:remettre|distribuer|livrer)/,
  de: /konnte(?: \S+){0,6} nicht (?:zugestellt|ausgeliefert|übermittelt)|nicht zustellbar|unzustellbar|nicht zugestellt|zustellung(?: \S+){0,6} (?:fehlgeschlagen|gescheitert|nicht möglich)|zustellungsfehler/,
  es: /no se (?:ha podido|pudo|puede|pudieron) (?:entregar|enviar)|no (?:ha podido|pudo|puede) ser entregado|error (?:en|de) la entrega|no entregado|no se entreg/,
  it: /impossibile (?:recapitare|consegnare)|non (?:è stato possibile|è stato|può essere|ha potuto) (?:\S+ )?(?:consegna|recapita)|mancat[ao] (?:consegna|recapito)|non recapita/,
  pt: /n[ãa]o (?:p[ôo]de|foi poss[íi]vel|foi|conseguiu)(?: \S+){0,2} entreg|falha na entrega|n[ãa]o entregue/,
  nl: /niet (?:\S+ ){0,2}(?:afgeleverd|bezorgd|afleveren|bezorgen)|onbestelbaar/,
  pl: /nie (?:mogła|mógł|można|została|został|udało)(?: \S+){0,3} (?:być )?(?:dostarcz|doręcz)|niedostarczon/,
  cs: /nelze doručit|nedoručiteln|nebyl[aoy]? (?:možné )?doručen|nepodařilo (?:se )?doručit/,
  sv: /(?:kunde inte|kunne ikke|ikke|inte) (?:blive? |bli )?lever(?:er|t)|oleverer|kan ikke levere|uleverer|går inte att leverera/,
  fi: /ei (?:voi|voitu|voida|onnistuttu) toimittaa|toimitus epäonnistui/,
  ru: /не (?:может быть|было|было бы|удалось|был[ао]?)?\s?доставлен|не уда(?:лось|[её]тся) доставить|недоставлен|невозможно доставить|не может быть доставлен/,
  uk: /не вдалося доставити|не (?:може бути )?доставлено|група, з якою/,
  ja: /送信できません|送信できな|配信できません|配信できな|配送できません|配送に失敗|送信に失敗|届けられません|届きません|お届けできません|不達|送達できません|配信不能|ディレクトリのリストにありません/,
  zh: /无法送达|无法发送|无法投递|退信|投递失败|發送失敗|無法投遞|無法傳送|未送达|未传递|无法传递|無法傳遞|没有送达|无法传送/,
  ko: /배달되지 않|전송 ?실패|배달 ?실패|전달되지 못|반송/,
  tr: /teslim edilemed|iletilemed|gönderilemed/,
  hu: /nem (?:sikerült |lehetett )?kézbesít|kézbesíthetetlen/,
  ro: /nu a putut fi (?:livrat|trimis)|nelivrat/,
  el: /δεν (?:ήταν δυνατή η|ήταν δυνατόν να) παρ[αά]δ|δεν παραδόθηκε/,
  he: /לא ניתן (?:היה )?למסור|לא נמסר|מסירת ההודעה נכשלה/,
  ar: /تعذر تسليم|لم يتم تسليم|فشل تسليم/,
};

/** Said of mail that failed, and of other things too: they count only beside another sign. */
const HINTS =
  /failure notice|failure|mail system error|delivery (?:status )?(?:notification|report)|processing error|loop alert|failed mail|bounced?\b|warning: |rejected|refused|returned mail|return(?:ed)? to|blocked|not accepted|denied|quota|mailbox (?:full|unavailable)|does(?: not|n't) (?:exist|have|like)|problem with (?:the|your) e-?mail|non remis|erreur|fehler|error|ошибк|エラー|失敗/;

const SUBJECTS =
  /failure notice|delivery (?:status )?(?:notification|failure|failed|report|problem)|undeliver|returned? (?:mail|to sender)|mail (?:system error|failure|delivery)|mail (?:\w+ )?could not|message not delivered|not delivered|processing error|loop alert|failed mail|bounce notification|could not send|message delayed|delivery (?:delayed|has)|returned mail|mail failed|non remis|delivery failed|mailer-daemon|postmaster.{0,20}failure|warning.{0,40}(?:delay|undeliver|could not send)/;

/** Still under way. */
const DELAYS =
  /warning message only|has been delayed|message delayed|delivery delayed|is delayed|\(delay\)|not yet been delivered|will be retried|delivery attempts will continue|server will continue trying|will (?:keep|continue) (?:on )?trying|still (?:trying|being tried|in the queue)|could not send (?:mail|message) for (?:the )?past|no need to resend|temporary failure:|wird weiterhin versucht|nouvelle tentative|verzögert|retard[ée]/;
const FINAL =
  /permanent(?:ly)? (?:fatal |fail|error)|failed permanently|giving up|given up|delivery failed|permanent error/;

/** Notices of success have the same writers and subjects. */
const SUCCESS =
  /\(success\)|\(relayed?\)|successful(?:ly)? (?:mail delivery|deliver|sent|relayed)|(?:was|been) (?:successfully )?(?:delivered|relayed) to|remis avec succès|erfolgreich zugestellt/;

export const tellsSuccess = (words: string): boolean => SUCCESS.test(words);
export const tellsFailure = (words: string): boolean => Object.values(FAILURES).some((pattern) => pattern.test(words));
export const hintsAtFailure = (words: string): boolean => HINTS.test(words);
export const isFailureSubject = (subject: string): boolean => SUBJECTS.test(subject) || tellsFailure(subject);
export const tellsDelay = (words: string): boolean => DELAYS.test(words) && !FINAL.test(words);

/** First line of the returned message, or the line that announces it. Tested line by line. */
const RETURNED_FROM_HERE: readonly RegExp[] = [
  /^\W{0,80}(?:the |your )?(?:original|returned|undelivered|unsent|bounced|rejected) (?:mail|message|e-mail|email)(?: \w+){0,4}\W{0,80}$/i,
  /^\W{0,80}(?:the )?(?:header|body|text|headers|start|beginning|first \w+ \w+)(?: \w+)? of the (?:original |returned )?(?:message|mail)/i,
  /^(?!.{0,200}receiv).{0,200}copy of (?:the|your)(?: \w+){0,2} (?:message|mail|e-mail)|message (?:headers?|text|body) (?:follow|suppress)|header and top \d+ lines|reads \(in part\)|mail as follows|returned (?:mail|message) follows/i,
  /^\W{0,80}(?:unsent|original|undelivered) message\b.{0,40}(?:below|follows?|as received)/i,
  /^-{3,}.{0,20}(?:原信件|原始邮件|original mail info|オリジナル)/i,
  /附件中的内容是原信件/,
  /^(?:return-path|received|x-original-to|dkim-signature): ?\S/i,
  /^-{3,} ?(?:ursprüngliche|message d'origine|mensaje original|messaggio originale|oorspronkelijk)/i,
];
export const startsReturned = (line: string): boolean => RETURNED_FROM_HERE.some((pattern) => pattern.test(line));
