import { z } from "zod";

/** A text that no fault and no log shows. */
export const secret = () => z.string().min(1).meta({ secret: true });

/** A login without a password, as the operator writes it. */
export const oauth2 = z
  .object({
    token_file: z
      .string()
      .min(1)
      .optional()
      .describe("File that always holds an access token; it is read again for each login.")
      .meta({ example: "/run/guichet/token" }),
    token_command: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("Program and its words, run without a shell, that prints an access token.")
      .meta({ example: ["/usr/local/bin/mail-token", "mairie"] }),
    refresh_token: secret()
      .optional()
      .describe("Refresh token, which access tokens are fetched with.")
      .meta({ example: { env: "TOWN_MAIL_REFRESH_TOKEN" } }),
    client_id: z.string().min(1).optional().describe("Client id that the refresh token was given to."),
    client_secret: secret()
      .optional()
      .describe("Secret of the client, when it has one.")
      .meta({ example: { env: "TOWN_MAIL_CLIENT_SECRET" } }),
    token_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Address of the token endpoint.")
      .meta({ example: "https://login.example/oauth2/token" }),
    scope: z.string().min(1).optional().describe("Scope to ask for, when the server wants one named."),
  })
  .refine(
    ({ token_file, token_command, refresh_token }) =>
      [token_file, token_command, refresh_token].filter((way) => way !== undefined).length === 1,
    { error: "one of token_file, token_command and refresh_token" },
  )
  .refine(
    ({ refresh_token, client_id, token_url }) =>
      refresh_token === undefined || (client_id !== undefined && token_url !== undefined),
    { error: "refresh_token, client_id and token_url go together", path: ["token_url"] },
  )
  .describe("Logs in with OAuth 2.0 (XOAUTH2, OAUTHBEARER) instead of a password.");

export type OAuth2Settings = z.output<typeof oauth2>;
