import { readFileSync } from "node:fs";
import type { Bridge, BridgeDefinition, BridgeHost, Visit } from "../../src/adapter/index.ts";
import { createInOrder } from "../../src/adapter/index.ts";
import { sendFile, showCase, showReceipt, takeCasePost } from "./follow-up.ts";
import type { Form } from "./form-context.ts";
import { createAdmission } from "./guard/admission.ts";
import { openKeys } from "./guard/keys.ts";
import { watchHealth } from "./health.ts";
import { openForm, orBusy, takeForm } from "./receive.ts";
import { sendAnswer } from "./send.ts";
import { type FormSettings, settings } from "./settings.ts";
import { bodyBytes, type Intake } from "./submission.ts";
import { createKeptFiles } from "./upload/kept-files.ts";
import { removeLeftovers } from "./upload/spool.ts";

/** A web form: citizens write on a page, and find the answers on one of their own. */
const webform: BridgeDefinition<FormSettings> = {
  type: "webform",
  contract: 1,
  needsPublicUrl: true,
  config: settings,
  create,
};
export default webform;

/** Files of agents, in one answer. */
const ANSWER_BYTES = 50 * 1024 * 1024;

function create(config: FormSettings, host: BridgeHost): Bridge {
  const form: Form = { settings: config, host, keys: openKeys(host.notes), publicUrl: host.publicUrl ?? "" };
  const intake: Intake = {
    form,
    admission: createAdmission(config.limits, () => host.now().getTime()),
    kept: createKeptFiles(),
    inTurn: createInOrder(),
  };
  const health = watchHealth(host.now);
  const visits = openVisits(form);
  const large = { bodyBytes: bodyBytes(config) };
  host.routes.on(
    "GET",
    "/",
    visits.answer((request) => openForm(form, request)),
  );
  host.routes.on(
    "POST",
    "/",
    visits.answer((request, visit) => takeForm(intake, request, visit)),
    large,
  );
  host.routes.on(
    "GET",
    "/case/:link",
    visits.answer((request, visit) => showCase(form, request, visit)),
  );
  host.routes.on(
    "POST",
    "/case/:link",
    visits.answer((request, visit) => takeCasePost(intake, request, visit)),
    large,
  );
  host.routes.on(
    "GET",
    "/case/:link/receipt",
    visits.answer((request, visit) => showReceipt(form, request, visit)),
  );
  host.routes.on(
    "GET",
    "/case/:link/file/:entry/:place",
    visits.answer((request, visit) => sendFile(form, request, visit)),
  );
  for (const name of ["form.js", "embed.js"] as const) host.routes.on("GET", `/${name}`, () => script(name));
  return {
    capabilities: {
      send: true,
      html: true,
      subject: false,
      cc: false,
      attachmentBytes: ANSWER_BYTES,
      repeatable: true,
    },
    start: async () => {
      if (host.publicUrl === undefined) throw new Error("a form needs the public listener");
      health.become("up");
    },
    stop: async (deadline) => {
      await visits.close(deadline);
      await intake.kept.close();
      health.become("stopped");
    },
    send: (message, signal) => sendAnswer(form, message, signal),
    health: health.read,
  };
}

type Answer = (request: Request, visit: Visit) => Promise<Response>;

/** Lets visits in until the channel ends, and those that are in end. A process may have the pages alone, and never start the channel. */
function openVisits(form: Form) {
  const running = new Set<Promise<Response>>();
  let isOpen = true;
  let swept: Promise<void> | undefined;
  return {
    answer:
      (answer: Answer): Answer =>
      (request, visit) => {
        const work = orBusy(form, request, async () => {
          if (!isOpen) throw new Error("the channel does not run");
          swept ??= removeLeftovers();
          await swept;
          return answer(request, visit);
        });
        running.add(work);
        return work.finally(() => running.delete(work));
      },
    close: async (deadline: AbortSignal) => {
      isOpen = false;
      const over = Promise.withResolvers<void>();
      deadline.addEventListener("abort", () => over.resolve(), { once: true });
      if (deadline.aborted) over.resolve();
      await Promise.race([Promise.allSettled([...running]), over.promise]);
    },
  };
}

const FOLDER = new URL("client/", import.meta.url);

function script(name: "form.js" | "embed.js"): Response {
  return new Response(readFileSync(new URL(name, FOLDER)), {
    headers: {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=3600",
      // The one that other sites load puts the form into their page.
      "cross-origin-resource-policy": name === "embed.js" ? "cross-origin" : "same-origin",
    },
  });
}
