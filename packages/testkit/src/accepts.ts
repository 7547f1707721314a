import { connect } from "node:net";
import type { NetConnectOpts } from "node:net";

/** Whether somebody listens there. */
export async function accepts(place: NetConnectOpts): Promise<boolean> {
  const socket = connect(place);
  const connected = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return connected;
}
