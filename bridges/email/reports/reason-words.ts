import type { Reason } from "./report.ts";

/**
 * Words of servers by what they mean, the more telling first: "blocked because of spam" is about spam.
 * Lower case; each is looked for as it stands in the answer, white space folded.
 */
export const REASON_WORDS: readonly (readonly [Reason, RegExp])[] = [
  ["NO_SUCH_USER", /recipient address rejected(?:\.?$|: access denied)/],
  [
    "LOOP",
    /too many hops|mail(?:er)? loop|routing loop|forwarding loop|looping|loop (?:alert|detected|broken)|hop count exceeded|loops back|duplicated message-id|5\.4\.14/,
  ],
  [
    "TOO_LARGE",
    /(?:message|size|mail|header|body|length|line|data)s?(?: size| length| limit)? (?:is )?(?:too (?:large|big|long)|exceed)|exceeds? (?:the )?(?:fixed |maximum |allowed )*(?:message |mail )?(?:size|length)|(?:size|line) limit exceeded|max message size|headers too large|trop volumineux|zu gro(?:ß|ss)/,
  ],
  [
    "MAILBOX_FULL",
    /(?:mailbox|inbox|account|folder|mailfolder|quota|storage|postfach|boîte|bo[iî]te|maildir|box)\W{1,3}(?:\w+ ){0,3}(?:full|over ?quota|exceed|overflow|plein|voll|ha superado|llena|piena|cheia)|(?:quota|storage|size|space) (?:\w+ ){0,2}exceeded|over (?:the )?(?:\w+ )?quota|overquota|exceed(?:s|ed|ing)? (?:\w+ ){0,3}(?:quota|allowed size|storage|disk)|insufficient (?:disk|storage|space)|out of (?:storage|disk) ?space|exdiskquota|disk quota|quota violation|reached (?:\w+ )?quota|mailbox (?:\w+ )?too large|not enough (?:storage|space)|mailbox exceeded the local limit|bo[iî]te aux lettres pleine|kein speicherplatz|переполнен|容量|満杯|已满|number of messages in recipient's mailbox/,
  ],
  [
    "MOVED",
    /no longer (?:on server|here|valid|with|at this|employed|work|accept)|has (?:moved|changed)|address (?:has )?changed|moved to|not our user|recipient no longer|n'est plus (?:valide|utilis)|nicht mehr g(?:ü|ue)ltig/,
  ],
  [
    "AUTHENTICATION",
    /\b(?:dmarc|dkim|spf)\b(?! pass)|sender policy framework|unauthenticated (?:sender|email|mail)|authentication level|sender is unauthenticated/,
  ],
  [
    "SPAM",
    /\bspam\b(?!haus)|spam content|\bunsolicited\b|\bbulk mail\b|junk mail|looks like spam|refused .{0,20}content filter|virus|malware|worm/,
  ],
  [
    "TOO_MANY",
    /too many (?:recipient|message|connection|session|concurrent|error|email|mail|invalid)|rate ?limit|frequency limited|throttl|unexpected volume|too fast|sending limit|exceeded (?:your |the )?(?:\w+ )?(?:limit of|rate)|try again later .{0,20}rate/,
  ],
  [
    "RELAY_DENIED",
    /relay(?:ing)? (?:access )?(?:is )?(?:denied|not|prohibited|forbidden|disallowed)|unable to relay|not configured to relay|(?:no|not).{0,20}relay|relaying|rcpthosts|open relay|unrouteable mail domain/,
  ],
  [
    "BLOCKED",
    /black ?list|block ?list|blocked|\brbl\b|dnsbl|spamhaus|spamcop|barracuda|bann?ed|reputation|poor reputation|access denied|reverse dns|\bptr\b|rdns|client host rejected|host network not allowed|connections? (?:not accepted|refused) from|invalid ip for sending|not accepting (?:mail|connections) from|dynamic ip|service refuse|messages? from .{0,60}(?:weren't sent|deferred|rejected)|smtp server of your isp|not accept messages from servers|cannot find your hostname|your (?:ip|host|server|access) .{0,40}(?:denied|refused|rejected|block)/,
  ],
  ["ENCRYPTION", /\btls\b|starttls|encryption (?:is )?(?:required|needed)|ssl|certificate/],
  [
    "SENDER_REFUSED",
    /sender (?:address )?(?:is )?(?:rejected|denied|refused|unknown|invalid|not|verif)|unroutable sender|domain of sender|sender domain|invalid sender|bad sender|from address|mail from .{0,80}(?:rejected|refused|denied)|multiple (?:550 5\.7\.1 )?addresses in from|not allowed to send|not authori[sz]ed to send|(?:does|do)n'?t? (?:not )?have permission|permission to post|only accepts mail from|authentication required|authrequired|unauthenticated|no permission|restricted|members only|group you tried to contact|envelope sender/,
  ],
  [
    "NO_MAIL_SERVER",
    /null ?mx|does(?: not|n't) (?:accept|receive|take) (?:any\s)?(?:e-?)?mail|no mx record|no mail ?(?:host|server|exchanger)|no suitable mx|mx record/,
  ],
  [
    "NO_SUCH_DOMAIN",
    /(?:host|domain|server|gateway)s?(?: or domain)?(?: name)?(?: \S+)? (?:not found|unknown|does not exist|could not be (?:found|resolved)|lookup fail|not known|isn't valid|failed dns)|no such (?:host|domain)|unknown (?:host|domain|mail domain)|nxdomain|nameserver|name service error|dns (?:lookup|query|error|type)|invalid domain|illegal host|unrouteable (?:address|mail)|could not find a gateway|domain is not reachable|all relevant mx records point to non-existent/,
  ],
  [
    "MAILBOX_DISABLED",
    /(?:account|mailbox|user|recipient|address|email)(?: \S+){0,6} (?:is |has been |was |been )?(?:disabled|suspended|inactive|deactivated|blocked|discontinued|closed|locked|expired|frozen|bloqu|gesperrt|deaktiviert|sospes|on hold)|(?:disabled|inactive|suspended|expired) (?:\w+ )?(?:account|recipient|mailbox|address|user|email)|not accepting (?:mail|messages)|mailbox (?:currently )?(?:disabled|not accept)|maintenance/,
  ],
  [
    "NO_SUCH_USER",
    /(?:user|recipient|mailbox|address(?:ee)?|account|alias|name|person|userid|empf(?:ä|ae)nger|destinataire|adresse|usuario|destinatario|utente|gebruiker)s?(?: name)?\W{1,3}(?:\S+ ){0,8}(?:un ?known|not (?:found|known|listed|exist|recognized|recognised|here|valid|a valid|registered|local)|does(?: not|n't) exist|doesn't have|invalid|is not|was not found|couldn't be found|not a registered|unbekannt|inconnu|existe (?:pas|plus)|desconocido|no existe|sconosciuto|non esiste|onbekend|invalide)|(?:unknown|invalid|no such|bad|non-?existent|undefined|illegal|no valid|not a valid|kein g(?:ü|ue)ltiger) (?:\w+ ){0,3}(?:user|recipient|mailbox|address|account|alias|person|userid|name|gateway user)|no mailbox here|mailbox (?:not found|unavailable)|no (?:account|mailbox|user|matches)|does(?: not|n't) (?:like recipient|exist|have an? .{0,60}account)|this user doesn't|recipnotfound|recipientnotfound|not listed in|not exactly match|user not known|addressee unknown|(?<!recipient )address rejected|no longer available|can(?:no|')t be found|n'existe pas|existiert nicht|no existe|non esiste|не существует|не найден|存在しない|見つかりません|ありません|不存在|not a valid user|failed recipient|unknown recipient/,
  ],
  [
    "EXPIRED",
    /expired|timeout exceeded|retry (?:timeout|time)|too long|not delivered within|(?:several|multiple|\d+) (?:retries|attempts|tries)|retries exceeded|delivery time|could not send .{0,30}past|been failing for|unable to deliver in|will be retried|delayed|still (?:trying|in the queue)|not yet been delivered/,
  ],
  [
    "UNREACHABLE",
    /timed? ?out|connection (?:refused|reset|lost|dropped|closed|failed|to)|connect(?:ion)? to|no route|network|unreachable|could not (?:connect|be reached|establish)|socket error|not (?:respond|reachable)|unavailable or busy|server unavailable|did not accept our requests|couldn't (?:establish|connect)|lost (?:in|connection)|no answer/,
  ],
  [
    "MALFORMED",
    /rfc ?(?:5322|2822|822)\b|not rfc|malformed|syntax|header error|multiple subject|invalid header|parameter not implemented|command (?:un|not)|illegal (?:character|address)|bare lf|8bit/,
  ],
  [
    "CONTENT_REFUSED",
    /content|attachment|potential(?:ly)? (?:security|danger)|prohibited file|executable|filtered|filter/,
  ],
  [
    "POLICY",
    /polic(?:y|ies)|rejected by|administrative|prohibit|not (?:permitted|allowed|authori[sz]ed)|denied|refus|rejected|reject[ée]|forbidden/,
  ],
  [
    "SERVER_ERROR",
    /(?:system|server|local|configuration|config|internal|resource|disk|i\/o|processing|temporary) (?:\w+ )?(?:error|fail|resources?|problem)|lock failure|insufficient system|died with status|service (?:currently )?(?:unavailable|not available)|can't create|cannot (?:create|open|append)|permission denied|error while|out of memory|try again/,
  ],
];
