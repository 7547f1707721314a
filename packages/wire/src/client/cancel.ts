/** Asking a server to give up what one of its sessions does: manual, "Canceling Requests in Progress". */
import { once } from "node:events";
import type { Socket } from "node:net";
import { WireError } from "../errors.ts";
import { abortError } from "../frame/deadline.ts";
import type { BackendKey } from "../message/session.ts";
import { encodeCancelRequest } from "../message/startup.ts";
import { dial } from "./dial.ts";
import type { ServerTarget } from "./server-target.ts";
import { requestTls, startTls } from "./tls/start-tls.ts";
import { tlsFailed } from "./tls/tls-error.ts";

/**
 * Sends a CancelRequest over a connection of its own, and waits until the server has closed it: by then the signal
 * to the backend has been sent. Whether there was something to cancel, or the key was right, a server does not say.
 *
 * @param target the very server of the session (`OpenedSession.target`)
 * @param signal ends the waiting
 * @throws {WireError} `connect_failed`, `tls_failed`, `timeout`, `aborted`; never with the key in it
 */
export async function sendCancel(target: ServerTarget, key: BackendKey, signal: AbortSignal): Promise<void> {
  const socket = await connection(target, signal);
  try {
    // Nothing is answered; what a server says all the same is dropped as it comes.
    socket.resume();
    socket.write(encodeCancelRequest(key));
    await once(socket, "close", { signal });
  } catch (error) {
    if (signal.aborted) {
      throw abortError(signal);
    }
    throw new WireError("socket_failed", "the cancel request failed", error);
  } finally {
    socket.destroy();
  }
}

/** In TLS if the session is, and then never without: the key is as good as the session. */
async function connection(target: ServerTarget, signal: AbortSignal): Promise<Socket> {
  const socket = await dial(target, signal);
  const { tls } = target;
  if (tls === undefined) return socket;
  try {
    if (!tls.options.direct && !(await requestTls(socket, signal))) {
      throw tlsFailed("server does not support SSL, but SSL was required");
    }
    return (await startTls(socket, tls, signal)).socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
