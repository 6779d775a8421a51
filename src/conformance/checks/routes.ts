import type { Check } from "../check.ts";
import { demand } from "../contract-broken.ts";
import type { ListedRoute } from "../memory-host.ts";
import { inTime, moment } from "../patience.ts";
import * as sentences from "../sentences.ts";
import type { Stage } from "../stage.ts";

/** Largest body that the kit makes, in bytes. */
const LARGEST = 1024 * 1024;
const ODD_NAMES = ["x", "%00", "..%2f..%2fetc%2fpasswd", "%F0%9F%98%80", "a".repeat(2_000)];
const ODD_TYPES = [
  undefined,
  "text/plain",
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
];

/** Pages and webhooks, where the bridge has some. */
export const routeChecks: readonly Check[] = [
  {
    sentence: sentences.ROUTES_ANSWER,
    needs: [],
    see: async (stage) => {
      await stage.start();
      for (const route of stage.host.listRoutes())
        for (const request of listRequests(route, stage.host.publicUrl)) await ask(stage, route, request);
      await moment();
      const { offered } = stage.host;
      demand(offered.length === 0, `what cannot be read became ${offered.length} arrivals`);
    },
  },
];

async function ask({ host, patienceMs }: Stage, { method, path }: ListedRoute, request: Request): Promise<void> {
  const named = `${method} ${path}`;
  const answer: unknown = await inTime(host.visit(request), `${named} did not answer`, patienceMs).catch(
    (fault: unknown) => {
      throw new Error(`${named} threw: ${fault instanceof Error ? fault.message : String(fault)}`, { cause: fault });
    },
  );
  demand(answer instanceof Response, `${named} answered with no Response`);
  demand(answer.status >= 200 && answer.status < 500, `${named} answered with ${answer.status}`);
  await answer.body?.cancel();
}

/** What nobody asks who means well. */
function* listRequests({ method, path, bodyBytes }: ListedRoute, publicUrl: string): Generator<Request> {
  const names = path.includes("/:") ? ODD_NAMES : [""];
  for (const name of names) {
    const url = `${publicUrl}${path.replace(/\/:\w+/g, `/${name}`)}?a=%FF&a&=`;
    if (method === "GET") yield new Request(url, { headers: { cookie: "=;;a", "accept-language": ",;q=x" } });
    else
      for (const type of ODD_TYPES)
        for (const body of ["", "{", "--\r\n=&=&%", "\0\u{1f600}".repeat(50), "a".repeat(Math.min(bodyBytes, LARGEST))])
          yield new Request(url, { method, body, headers: type === undefined ? {} : { "content-type": type } });
  }
}
