import { createSecretKey } from "node:crypto";
import { makeCaseLink } from "../../bridges/webform/guard/case-link.ts";
import type webform from "../../bridges/webform/index.ts";
import type { BridgeDefinition, BridgeHost } from "../../src/adapter/index.ts";
import type { Harness, Letter, Offered, ReceivedMessage, Remote } from "../../src/conformance/index.ts";
import { type FormListener, openFormListener } from "./form-site.ts";
import { ask, isReceipt, type Posting, post, tokenOf } from "./form-visitor.ts";

const CITIZEN = "anna@example.org";
const MIB = 1024 * 1024;
const LIMIT = { taken: 16 * MIB, refused: 32 * MIB };

const HARNESS_LACKS = {
  news: "what stands on a page cannot bounce",
  silent: "the page is guichet's own: nobody else has to take the answer",
  busy: "as above",
  refusing: "as above",
  outage: "citizens come to the page by themselves: there is nothing to lose touch with",
} as const;

/** Browsers without JavaScript around the form: one writes, and reads its own page. */
export function openFormHarness(form: typeof webform): {
  readonly definition: BridgeDefinition<ReturnType<typeof webform.config.parse>>;
  readonly harness: Harness;
} {
  let listener: FormListener | undefined;
  let host: BridgeHost | undefined;
  /** Conversations that were answered: their citizens have the links from their receipts. */
  const tokens = new Set<string>();
  return {
    definition: {
      ...form,
      create(config, lent) {
        if (listener === undefined) throw new Error("no listener");
        host = lent;
        const bridge = form.create(config, listener.lend(lent));
        const { send } = bridge;
        if (send === undefined) return bridge;
        return {
          ...bridge,
          send: (message, signal) => {
            tokens.add(message.thread.token);
            return send(message, signal);
          },
        };
      },
    },
    harness: {
      patienceMs: 10_000,
      lacks: HARNESS_LACKS,
      open: async () => {
        tokens.clear();
        const opened = await openFormListener();
        listener = opened;
        return openRemote(opened, async () => {
          // The form makes its key when it is first needed.
          await ask(opened.url);
          const key = await host?.notes.get("key");
          if (key === undefined) return [];
          const secret = createSecretKey(Buffer.from(key, "base64url"));
          const until = new Date(Date.now() + 60_000);
          return [...tokens].map(
            (token) => `${opened.url}/case/${makeCaseLink(secret, { token, number: "1", until })}`,
          );
        });
      },
    },
  };
}

function openRemote({ url, close }: FormListener, addresses: () => Promise<readonly string[]>): Remote {
  const write = async (letter: Letter) => {
    const page = await ask(url);
    const token = page.status === 200 ? tokenOf(page) : "";
    return hand(url, {
      fields: Object.entries({
        token,
        name: letter.name,
        email: CITIZEN.toUpperCase(),
        message: letter.text,
        consent: "1",
      }),
      files: letter.files,
    });
  };
  return {
    settings: {
      least_seconds: 0,
      files: { most: 5, bytes_each: LIMIT.taken, bytes_total: LIMIT.taken + MIB, types: "any" },
    },
    citizen: CITIZEN,
    takenBytes: LIMIT.taken,
    refusedBytes: LIMIT.refused,
    offer: write,
    received: async () => (await Promise.all((await addresses()).map(readCase))).flat(),
    close,
  };
}

function hand(url: string, posting: Posting): Offered {
  let isAcknowledged = false;
  // Where the form leads on to is the receipt: that may be read later.
  void post(url, posting, { follow: false }).then(
    (page) => {
      isAcknowledged = page.status === 303 || isReceipt(page);
    },
    () => undefined,
  );
  return { isAcknowledged: () => isAcknowledged, again: async () => hand(url, posting) };
}

/** What stands on a citizen's page, files fetched. */
async function readCase(address: string): Promise<ReceivedMessage[]> {
  const { text } = await ask(address);
  const found = [...text.matchAll(/<li id="m-([^"]+)">(.*?)\n<\/ol>|<li id="m-([^"]+)">(.*?)(?=<li id="m-)/gs)];
  return Promise.all(
    found.map(async ([, lastId, lastWords, id = lastId, words = lastWords ?? ""]) => {
      const links = [...words.matchAll(/href="([^"]+)" download/g)].map(([, href = ""]) => new URL(href, address).href);
      const sizes = await Promise.all(links.map(async (link) => (await ask(link)).body.length));
      const bytes = sizes.reduce((sum, size) => sum + size, Buffer.byteLength(words));
      return { ...(id === undefined ? {} : { id }), text: words, bytes };
    }),
  );
}
