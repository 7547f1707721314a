import type { Socket } from "node:net";
import { osSupport, setTcpOption } from "@sallyport/methods/os";
import type { TcpOption } from "@sallyport/methods/os";
import type { Log } from "../log/index.ts";
import type { Settings } from "../config/index.ts";
import { descriptorOf } from "./descriptor.ts";

type OptionSetting =
  | "tcp_keepalives_idle"
  | "tcp_keepalives_interval"
  | "tcp_keepalives_count"
  | "tcp_user_timeout";

export type SocketOptionSettings = Pick<Settings, OptionSetting>;

/** In the order in which a server sets them. */
const options: readonly (readonly [OptionSetting, TcpOption])[] = [
  ["tcp_keepalives_idle", "TCP_KEEPIDLE"],
  ["tcp_keepalives_interval", "TCP_KEEPINTVL"],
  ["tcp_keepalives_count", "TCP_KEEPCNT"],
  ["tcp_user_timeout", "TCP_USER_TIMEOUT"],
];

/**
 * Settings that nobody could carry out are refused at the start.
 *
 * @throws {Error} one is not 0, where only the operating system's own call could set it and cannot be reached
 */
export async function checkSocketOptions(settings: SocketOptionSettings): Promise<void> {
  const support = await osSupport();
  if (support.supported) return;
  for (const [setting] of options) {
    if (settings[setting] !== 0) throw new Error(`"${setting}" must be 0 here: ${support.reason}`);
  }
}

/**
 * Asks TCP to notice a client that is gone: keep-alive always, its times and `tcp_user_timeout` where they are not 0,
 * which leaves them to the system. What the system refuses is logged, and the client stays, as in PostgreSQL.
 *
 * Node would set the interval to 1 s and the count to 10 with any idle time that it is given, so it is given none.
 */
export function setSocketOptions(socket: Socket, settings: SocketOptionSettings, log: Log): void {
  if (socket.destroyed) return;
  socket.setKeepAlive(true);
  for (const [setting, option] of options) {
    if (settings[setting] === 0) continue;
    const failure = setTcpOption(descriptorOf(socket) ?? -1, option, settings[setting]);
    if (failure !== null) log.log("LOG", failure);
  }
}
