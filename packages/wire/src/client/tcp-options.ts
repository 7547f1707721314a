/** The options of a TCP connection that a connection string sets: manual, 32.1.2. */
import type { Socket } from "node:net";
import { parseInteger } from "../conninfo/values.ts";
import type { ConninfoValues } from "../conninfo/values.ts";
import { WireError } from "../errors.ts";

/** As tcp(7) names it; seconds, but for `TCP_USER_TIMEOUT`, which has milliseconds, and a count. */
export type TcpOptionName = "TCP_KEEPIDLE" | "TCP_KEEPINTVL" | "TCP_KEEPCNT" | "TCP_USER_TIMEOUT";

/** Sets one, by a call that Node does not have. Null: it is set; else why not, in PostgreSQL's words. */
export type SetTcpOption = (socket: Socket, option: TcpOptionName, value: number) => string | null;

const KEEPALIVES: readonly (readonly [keyword: string, option: TcpOptionName])[] = [
  ["keepalives_idle", "TCP_KEEPIDLE"],
  ["keepalives_interval", "TCP_KEEPINTVL"],
  ["keepalives_count", "TCP_KEEPCNT"],
];

/**
 * Has TCP notice a server that is gone: keep-alive unless it is turned off, its times and `tcp_user_timeout` where they
 * are above 0, which leaves them to the system. Of a Unix socket there is nothing to set.
 *
 * @param set absent: only Node's own means, which know an idle time and nothing else
 * @throws {WireError} `connect_failed` if the system refuses one
 */
export function setTcpOptions(
  socket: Socket,
  settings: ConninfoValues | undefined,
  set: SetTcpOption | undefined,
): void {
  const valueOf = (keyword: string) => {
    const text = settings?.get(keyword) ?? "";
    return text === "" ? 0 : parseInteger(keyword, text);
  };
  const idle = valueOf("keepalives_idle");
  const wanted: [TcpOptionName, number][] = [["TCP_USER_TIMEOUT", valueOf("tcp_user_timeout")]];
  if (settings?.get("keepalives") !== "0") {
    socket.setKeepAlive(true, set === undefined && idle > 0 ? idle * 1000 : 0);
    wanted.unshift(
      ...KEEPALIVES.map(([keyword, option]) => [option, valueOf(keyword)] as [TcpOptionName, number]),
    );
  }
  for (const [option, value] of wanted) {
    const failure = value > 0 ? (set?.(socket, option, value) ?? null) : null;
    if (failure !== null) {
      throw new WireError("connect_failed", failure);
    }
  }
}
