import { Pool } from "undici";
import { DEVICE_ID } from "../src/matrix/homeserver-client.ts";
import { inFlight } from "./measure.ts";

/** Nothing but `PUT /send` by ghosts, as fast as the homeserver takes it. @returns messages per second. */
export async function sendBare(
  target: { url: string; token: string; room: string; ghosts: readonly string[]; run: string },
  count: number,
  width: number,
): Promise<number> {
  const pool = new Pool(target.url, { connections: width });
  const began = performance.now();
  await inFlight(count, width, async (index) => {
    const ghost = target.ghosts[index % target.ghosts.length] ?? "";
    const { statusCode, body } = await pool.request({
      method: "PUT",
      path: `/_matrix/client/v3/rooms/${encodeURIComponent(target.room)}/send/m.room.message/${target.run}-${index}`,
      query: { user_id: ghost, device_id: DEVICE_ID },
      headers: { authorization: `Bearer ${target.token}`, "content-type": "application/json" },
      body: JSON.stringify({ msgtype: "m.text", body: `Bare message ${index} of a citizen, of some length.` }),
    });
    await body.text();
    if (statusCode !== 200) throw new Error(`bare send answered ${statusCode}`);
  });
  const seconds = (performance.now() - began) / 1000;
  await pool.close();
  return count / seconds;
}
