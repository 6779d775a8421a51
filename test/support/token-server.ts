import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/** An authorisation server: gives access tokens for a refresh token (RFC 6749, 6), and says who holds one (RFC 7662). */
export interface TokenServer {
  readonly tokenUrl: string;
  readonly introspectionUrl: string;
  /** The refresh token that is good now. */
  refreshToken: string;
  /** Access tokens given out and still good. */
  readonly good: Set<string>;
  /** Bodies of the requests for tokens. */
  readonly asked: URLSearchParams[];
  /** Gives a new refresh token with each answer, and forgets the old one. */
  rotates: boolean;
  /** In seconds. */
  expiresIn: number;
  /** So many of the next tokens are refused wherever they are shown. */
  stillborn: number;
  /** Gives a token out of turn. */
  issue(): string;
  stop(): Promise<void>;
}

export async function startTokenServer(username: string): Promise<TokenServer> {
  const good = new Set<string>();
  const asked: URLSearchParams[] = [];
  const random = () => randomBytes(18).toString("base64url");
  const issue = () => {
    const token = random();
    good.add(token);
    return token;
  };
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const body = new URLSearchParams(await text(request));
    if (request.url?.startsWith("/introspect")) {
      const isGood = good.has(body.get("token") ?? "");
      return [200, isGood ? { active: true, username } : { active: false }];
    }
    asked.push(body);
    if (body.get("grant_type") !== "refresh_token" || body.get("refresh_token") !== server.refreshToken)
      return [400, { error: "invalid_grant" }];
    if (server.rotates) server.refreshToken = random();
    const next = server.rotates ? { refresh_token: server.refreshToken } : {};
    const token = issue();
    if (server.stillborn-- > 0) good.delete(token);
    return [200, { access_token: token, token_type: "Bearer", expires_in: server.expiresIn, ...next }];
  };
  const http = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const server: TokenServer = {
    tokenUrl: `http://127.0.0.1:${port}/token`,
    introspectionUrl: `http://127.0.0.1:${port}/introspect`,
    refreshToken: random(),
    good,
    asked,
    rotates: false,
    expiresIn: 3600,
    stillborn: 0,
    issue,
    stop: async () => {
      http.closeAllConnections();
      http.close();
    },
  };
  return server;
}
