import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { Pool } from "undici";
import { isRecord } from "../../src/domain/is-record.ts";

export interface MatrixEvent {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly state_key?: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly unsigned?: Readonly<Record<string, unknown>>;
}

export class MatrixError extends Error {
  override readonly name = "MatrixError";
  readonly status: number;
  readonly errcode: string;

  constructor(status: number, errcode: string, request: string) {
    super(`${request}: ${status} ${errcode}`);
    this.status = status;
    this.errcode = errcode;
  }
}

type Json = Readonly<Record<string, unknown>>;

/** Acts as one Matrix user through the client-server API, as an agent's client would. */
export class MatrixClient {
  readonly userId: string;
  readonly #token: string;
  readonly #pool: Pool;

  constructor(homeserver: string, user: { userId: string; accessToken: string }) {
    this.userId = user.userId;
    this.#token = user.accessToken;
    this.#pool = new Pool(homeserver, { connections: 8 });
  }

  static async login(homeserver: string, user: string, password: string): Promise<MatrixClient> {
    const guest = new MatrixClient(homeserver, { userId: user, accessToken: "" });
    try {
      const identifier = { type: "m.id.user", user };
      const answer = await guest.call("POST", "/v3/login", { type: "m.login.password", identifier, password });
      return new MatrixClient(homeserver, { userId: String(answer.user_id), accessToken: String(answer.access_token) });
    } finally {
      await guest.close();
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** Any call of the client-server API; `path` is what follows `/_matrix/client`. @throws MatrixError */
  async call(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: Json): Promise<Json> {
    const response = await this.#pool.request({
      method,
      path: `/_matrix/client${path}`,
      headers: { ...this.#authorization(), "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const answer: unknown = await response.body.json();
    if (!isRecord(answer)) throw new MatrixError(response.statusCode, "NOT_AN_OBJECT", `${method} ${path}`);
    if (response.statusCode >= 400)
      throw new MatrixError(response.statusCode, String(answer.errcode), `${method} ${path}`);
    return answer;
  }

  /** @returns the room's id. */
  async join(roomOrAlias: string): Promise<string> {
    const { room_id } = await this.call("POST", `/v3/join/${encodeURIComponent(roomOrAlias)}`, {});
    return String(room_id);
  }

  async createRoom(options: Json = {}): Promise<string> {
    return String((await this.call("POST", "/v3/createRoom", options)).room_id);
  }

  /** @returns the event's id. Repeated with the same `txnId` it is the same event. */
  async send(room: string, content: Json, type = "m.room.message", txnId: string = randomUUID()): Promise<string> {
    const path = `/v3/rooms/${encodeURIComponent(room)}/send/${encodeURIComponent(type)}/${txnId}`;
    return String((await this.call("PUT", path, content)).event_id);
  }

  sendText(room: string, body: string): Promise<string> {
    return this.send(room, { msgtype: "m.text", body });
  }

  /** A message in the thread of `root`, answering no event of it in particular: with the fallback that clients send. */
  sendInThread(room: string, root: string, content: string | Json, latest = root): Promise<string> {
    return this.send(room, {
      ...asMessage(content),
      "m.relates_to": {
        rel_type: "m.thread",
        event_id: root,
        is_falling_back: true,
        "m.in_reply_to": { event_id: latest },
      },
    });
  }

  /** A reply to `event`; inside the thread of `root` when one is given, as clients with threads send it. */
  reply(room: string, event: string, content: string | Json, root?: string): Promise<string> {
    const thread = root === undefined ? {} : { rel_type: "m.thread", event_id: root, is_falling_back: false };
    return this.send(room, {
      ...asMessage(content),
      "m.relates_to": { ...thread, "m.in_reply_to": { event_id: event } },
    });
  }

  edit(room: string, event: string, content: string | Json): Promise<string> {
    const replacement = asMessage(content);
    return this.send(room, {
      ...replacement,
      body: `* ${String(replacement.body)}`,
      "m.new_content": replacement,
      "m.relates_to": { rel_type: "m.replace", event_id: event },
    });
  }

  react(room: string, event: string, key: string): Promise<string> {
    return this.send(room, { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } }, "m.reaction");
  }

  async redact(room: string, event: string, reason?: string): Promise<string> {
    const path = `/v3/rooms/${encodeURIComponent(room)}/redact/${encodeURIComponent(event)}/${randomUUID()}`;
    return String((await this.call("PUT", path, reason === undefined ? {} : { reason })).event_id);
  }

  /** @returns the file's mxc URI. */
  async upload(content: Buffer, type: string, name: string): Promise<string> {
    const response = await this.#pool.request({
      method: "POST",
      path: `/_matrix/media/v3/upload?filename=${encodeURIComponent(name)}`,
      headers: { ...this.#authorization(), "content-type": type },
      body: content,
    });
    const answer: unknown = await response.body.json();
    if (!isRecord(answer) || typeof answer.content_uri !== "string") {
      throw new MatrixError(response.statusCode, "UPLOAD_FAILED", "POST upload");
    }
    return answer.content_uri;
  }

  /** Reads a file through the authenticated media API. */
  async download(mxc: string): Promise<{ type: string; content: Buffer }> {
    const path = `/_matrix/client/v1/media/download/${mxc.replace("mxc://", "")}`;
    const response = await this.#pool.request({ method: "GET", path, headers: this.#authorization() });
    const content = await buffer(response.body);
    if (response.statusCode !== 200) throw new MatrixError(response.statusCode, content.toString(), `GET ${path}`);
    return { type: String(response.headers["content-type"]), content };
  }

  async event(room: string, event: string): Promise<MatrixEvent> {
    return asEvent(await this.call("GET", `/v3/rooms/${encodeURIComponent(room)}/event/${encodeURIComponent(event)}`));
  }

  /** Content of one piece of state. @throws MatrixError M_NOT_FOUND when the room has none. */
  state(room: string, type: string, key = ""): Promise<Json> {
    return this.call(
      "GET",
      `/v3/rooms/${encodeURIComponent(room)}/state/${encodeURIComponent(type)}/${encodeURIComponent(key)}`,
    );
  }

  /** Every event of the room that this user may see, oldest first. */
  messages(room: string): Promise<MatrixEvent[]> {
    return this.#pages(`/v3/rooms/${encodeURIComponent(room)}/messages?dir=f&limit=500`, "end", "from");
  }

  /** The events that relate to one, oldest first; those of a thread with `relation` "m.thread". */
  async relations(room: string, event: string, relation = ""): Promise<MatrixEvent[]> {
    const path = `/v1/rooms/${encodeURIComponent(room)}/relations/${encodeURIComponent(event)}${relation && `/${relation}`}`;
    return this.#pages(`${path}?dir=f&limit=100`, "next_batch", "from");
  }

  /** Joined members: user id to display name. */
  async members(room: string): Promise<Map<string, string>> {
    const { joined } = await this.call("GET", `/v3/rooms/${encodeURIComponent(room)}/joined_members`);
    if (!isRecord(joined)) return new Map();
    return new Map(
      Object.entries(joined).map(([id, entry]) => [id, isRecord(entry) ? String(entry.display_name) : ""]),
    );
  }

  /**
   * Waits for an event that fits, among those already in the room and those to come. @throws Error after `timeoutMs`,
   * which names the types of the events that were seen.
   */
  async waitForEvent(room: string, fits: (event: MatrixEvent) => boolean, timeoutMs = 15_000): Promise<MatrixEvent> {
    const deadline = Date.now() + timeoutMs;
    const seen: MatrixEvent[] = [];
    for (let news = await this.news(room); ; ) {
      const found = news.events.find(fits);
      if (found) return found;
      seen.push(...news.events);
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`no such event in ${timeoutMs} ms; last types: ${seen.slice(-8).map((event) => event.type)}`);
      news = await this.news(room, news.since, Math.min(left, 10_000));
    }
  }

  /**
   * What happened in the room since the last call; every event at the first one.
   * After a gap (more events than one answer holds) those that were seen before come again.
   */
  async news(room: string, since?: string, timeoutMs = 0): Promise<{ since: string; events: MatrixEvent[] }> {
    const answer = await this.#sync(room, since === undefined ? 0 : timeoutMs, since);
    const timeline = timelineOf(answer, room);
    const whole = since === undefined || timeline.limited;
    return { since: String(answer.next_batch), events: whole ? await this.messages(room) : timeline.events };
  }

  #sync(room: string, timeoutMs: number, since?: string): Promise<Json> {
    const none = { types: [] };
    const filter = {
      room: { rooms: [room], timeline: { limit: 100 }, ephemeral: none },
      presence: none,
      account_data: none,
    };
    const query = new URLSearchParams({ timeout: String(timeoutMs), filter: JSON.stringify(filter) });
    if (since !== undefined) query.set("since", since);
    return this.call("GET", `/v3/sync?${query}`);
  }

  async #pages(path: string, next: string, parameter: string): Promise<MatrixEvent[]> {
    const events: MatrixEvent[] = [];
    for (let at: unknown = ""; typeof at === "string"; ) {
      const page: Json = await this.call("GET", at === "" ? path : `${path}&${parameter}=${encodeURIComponent(at)}`);
      const chunk: unknown[] = Array.isArray(page.chunk) ? page.chunk : [];
      events.push(...chunk.map(asEvent));
      at = chunk.length === 0 ? undefined : page[next];
    }
    return events;
  }

  #authorization(): Record<string, string> {
    return this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` };
  }
}

const asMessage = (content: string | Json): Json =>
  typeof content === "string" ? { msgtype: "m.text", body: content } : content;

export function asEvent(value: unknown): MatrixEvent {
  if (!isRecord(value) || !isRecord(value.content)) throw new Error("the homeserver sent an event without content");
  return {
    event_id: String(value.event_id),
    type: String(value.type),
    sender: String(value.sender),
    origin_server_ts: Number(value.origin_server_ts),
    content: value.content,
    ...(typeof value.state_key === "string" && { state_key: value.state_key }),
    ...(isRecord(value.unsigned) && { unsigned: value.unsigned }),
  };
}

function timelineOf(answer: Json, room: string): { limited: boolean; events: MatrixEvent[] } {
  const joined = isRecord(answer.rooms) && isRecord(answer.rooms.join) ? answer.rooms.join[room] : undefined;
  const timeline = isRecord(joined) && isRecord(joined.timeline) ? joined.timeline : {};
  const events: unknown[] = Array.isArray(timeline.events) ? timeline.events : [];
  return { limited: timeline.limited === true, events: events.map(asEvent) };
}
