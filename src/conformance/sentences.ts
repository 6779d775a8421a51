/** The sentences of the contract, generation 1, that the kit checks. Each names the tests of it, and heads what a failure prints. */

// A bridge and its life.
export const DEFINITION =
  "A definition names its type in one lower-case word, speaks this generation of the contract, and its schema takes the channel's settings.";
export const CREATE_CONNECTS_NOTHING = "`create` builds a bridge and connects nothing: it is `starting` until `start`.";
export const SEND_AS_DECLARED =
  "`send` is there exactly when `capabilities.send` is true; `opening` and `preview` only with it.";
export const OPENING_READS = "`opening` reads its own example, and no address of the channel's own.";
export const PREVIEW_IS_PURE =
  "`preview` says the same of the same draft, at once: a whole number of parts, a cost with its currency, sentences.";
export const START_WITHOUT_REMOTE = "`start` resolves while the remote is down: the bridge heals that by itself.";
export const ROUTES_ANSWER =
  "A route answers whatever it is asked, without throwing, and takes nothing that it cannot read.";
export const STOP_FREES = "`stop` frees every socket and timer, and may be called twice.";
export const STOP_LETS_END =
  "`stop` lets an arrival on its way end: it is one message, and acknowledged then, or at the next start.";
export const STOP_BY_DEADLINE = "`stop` resolves soon after its deadline aborts, whatever still runs.";
export const STOPPED_TAKES_NOTHING = "After `stop` nothing is taken and nothing is acknowledged upstream.";

// Arrivals.
export const ARRIVAL_IS_WHOLE = "An arrival has the sender's address, the words and every byte of its files.";
export const ONE_MESSAGE = "One arrival that is offered twice is one message, and acknowledged both times.";
export const TWO_MESSAGES =
  "Two arrivals of equal words are two messages: `dedupeKey` is the transport's name, never a sender's text.";
export const DURABLE_FIRST = "An arrival is acknowledged upstream only when `accept` has resolved.";
export const NOT_ACKNOWLEDGED = "Nothing is acknowledged upstream when `accept` rejects: the arrival comes again.";
export const UNREAD_FILES =
  "Files that the inbox leaves unread, or destroys half way, harm neither this arrival nor the next.";
export const NEWS_ARE_DURABLE =
  "News of an answer are acknowledged upstream only when `receipt` has resolved, and may come twice.";
export const CENSUS_COUNTS =
  "`census` counts each arrival of its period once, under its `dedupeKey`, and changes nothing.";

// Answers.
export const SENT_IS_WHOLE = "`send` resolves when the remote has the message, its words and every byte of its files.";
export const NAMED_AS_CITED = "`remoteId` is the name under which the remote has the message.";
export const MANY_AT_ONCE = "`send` may be called any number of times at once.";
export const SAME_IDS = "The same delivery sent twice keeps its ids.";
export const SILENT_IS_UNKNOWN = "A remote that has the message and stays silent gives `unknown`.";
export const BUSY_IS_RETRY = "A remote that is busy gives `retry`.";
export const REFUSAL_IS_REJECTED = "A remote that refuses gives `rejected`.";
export const DOWN_IS_RETRY = "A remote that is down gives `retry`.";
export const ABORT_ENDS = "An aborted `send` ends in time.";
export const STREAMS_DESTROYED =
  "An attempt opens each file at most once, and every stream is destroyed, whatever the ending.";
export const WHOLE_OR_NOT = "A message leaves with all of its files or not at all.";

// Limits.
export const FILES_LEAVE_STREAMED = "Files up to `attachmentBytes` leave without being whole in memory.";
export const FILES_ARRIVE_STREAMED = "Files arrive without being whole in memory.";
export const LIMIT_HOLDS =
  "An arrival above the channel's limit is refused upstream, not taken, and never whole in memory.";

// What people see.
export const HEALTH_TURNS =
  "`health` says `degraded`, with a reason, while the remote is down, and `up` when it is back.";
export const LOG_IS_CLEAN =
  "No secret and no citizen's words, name, address or file name is in the log or in `health`.";
