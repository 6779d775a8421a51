import type { UserId } from "../domain/ids.ts";
import { DEVICE_ID, type HomeserverClient, matrixPath } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";

/** Makes one of our users and its device; harmless when they exist. */
export async function registerUser(client: HomeserverClient, users: OurUsers, localpart: string): Promise<UserId> {
  try {
    await client.request({
      method: "POST",
      path: "/_matrix/client/v3/register",
      as: users.sender,
      body: { type: "m.login.application_service", username: localpart, inhibit_login: true },
    });
  } catch (error) {
    if (!(error instanceof MatrixError && error.errcode === "M_USER_IN_USE")) throw error;
  }
  const user = users.fullId(localpart);
  // Application Service API 1.17, device management: without /login, as an authentication service asks.
  await client.request({
    method: "PUT",
    path: matrixPath`/_matrix/client/v3/devices/${DEVICE_ID}`,
    as: user,
    body: {},
  });
  return user;
}

export async function setDisplayName(client: HomeserverClient, user: UserId, displayname: string): Promise<void> {
  const path = matrixPath`/_matrix/client/v3/profile/${user}/displayname`;
  await client.request({ method: "PUT", path, as: user, body: { displayname } });
}

/**
 * Asks the homeserver to ask us (Application Service API, pinging). Synapse also ends its back-off after an outage of
 * ours with it, which can last for minutes.
 */
export async function pingAppservice(client: HomeserverClient, users: OurUsers, appservice: string): Promise<void> {
  const path = matrixPath`/_matrix/client/v1/appservice/${appservice}/ping`;
  await client.request({ method: "POST", path, as: users.sender, body: {} });
}
