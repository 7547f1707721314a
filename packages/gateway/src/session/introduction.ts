import { readProxyHeader } from "@sallyport/wire";
import type { MessageReader, ReadProxyHeader } from "@sallyport/wire";
import { isInNetworks } from "../config/index.ts";
import type { Settings } from "../config/index.ts";
import { proxiedVisitor } from "../doorstep/visitor.ts";
import type { Visitor } from "../doorstep/visitor.ts";
import type { WaitingRoom } from "../doorstep/waiting-room.ts";
import { noProxyHeader } from "../log/index.ts";
import { isNamedInLog } from "./log-hostname.ts";
import { logReceived } from "./session-log.ts";
import type { Visit } from "./visit.ts";

/** Whether it has to say whom it brings. A Unix socket has no address to be listed by. */
export function isProxy({ peer }: Visitor, { proxy_protocol_from }: Settings): boolean {
  return peer.port !== null && isInNetworks(peer.host, proxy_protocol_from);
}

/**
 * Reads whom a proxy brings, which it says before anything else: then the connection is that client's, for the rules, the
 * log and the limits. A proxy that comes by itself, to see whether anybody is here (LOCAL), stays who it is. Whoever brings a client
 * and does not say by an IP address whom is not let in: else the rules would take the client for the proxy.
 *
 * It takes a turn of the proxy's own for it: the one for its client can only be waited for when the client is known.
 *
 * @returns null: there is nobody to let in, and the log says why
 * @throws the signal's reason
 */
export async function introduce(
  proxy: Visitor,
  reader: MessageReader,
  { settings, waitingRoom }: { readonly settings: Settings; readonly waitingRoom: WaitingRoom },
  visit: Visit,
  signal: AbortSignal,
): Promise<Visitor | null> {
  const { log } = visit;
  let visitor: Visitor | null = null;
  let fault: string | null = null;
  try {
    const header = await readInTurn(proxy, reader, waitingRoom, signal);
    if (header === null) return null;
    if (header.kind === "proxied") visitor = proxiedVisitor(proxy, header.source);
    if (header.kind === "local") visitor = proxy;
    fault = faultOf(header);
  } finally {
    if (visitor?.proxy) visit.introduced(visitor.peer);
    const { peer, proxy: by } = visitor ?? proxy;
    if (visitor === null || !isNamedInLog(visitor, settings)) logReceived(log, settings, peer, by);
  }
  if (fault !== null) log.log("LOG", noProxyHeader(fault), { sqlstate: "08P01" });
  return visitor;
}

async function readInTurn(
  { source }: Visitor,
  reader: MessageReader,
  waitingRoom: WaitingRoom,
  signal: AbortSignal,
): Promise<ReadProxyHeader | null> {
  const turn = await waitingRoom.enter(source, signal);
  try {
    return turn === null ? null : await readProxyHeader(reader, signal);
  } finally {
    turn?.end();
  }
}

function faultOf(header: ReadProxyHeader): string | null {
  if (header.kind === "malformed") return header.reason;
  return header.kind === "unknown" ? "it does not say the client's address" : null;
}
