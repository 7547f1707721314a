import type { Bytes } from "@sallyport/policy";
import type { Settings } from "../config/index.ts";
import type { Visitor } from "../doorstep/visitor.ts";
import { noNameForLog } from "../log/index.ts";
import type { Peer, SessionLog } from "../log/index.ts";
import type { Asker, Resolver } from "../resolver/index.ts";
import { logReceived } from "./session-log.ts";

/** The other end of a connection, as far as it has been looked up before anybody said who he is. */
export interface NamedPeer {
  /** As the log names it. */
  readonly shown: Peer;
  /** The name of its address; null: not looked up, or there is none. */
  readonly hostname: Bytes | null;
}

/** Whether the log waits for a name of this client (manual, 19.8.3): Unix sockets have none. */
export function isNamedInLog({ peer }: Visitor, { log_hostname }: Settings): boolean {
  return log_hostname && peer.port !== null;
}

/**
 * With `log_hostname` the name of the client stands in the log from its first line on, which is written here. Without
 * a name it is the address; so it is, other than in PostgreSQL, if the resolver fails.
 *
 * @throws the reason of the signal; the connection is logged all the same
 */
export async function nameForLog(
  visitor: Visitor,
  { settings, resolver }: { readonly settings: Settings; readonly resolver: Resolver },
  asker: Asker,
  log: SessionLog,
): Promise<NamedPeer> {
  const { peer } = visitor;
  let named: NamedPeer = { shown: peer, hostname: null };
  if (!isNamedInLog(visitor, settings)) return named;
  try {
    const answer = await resolver.nameOf(peer.host, asker);
    if ("name" in answer) {
      const { name } = answer;
      named = { shown: { ...peer, host: name }, hostname: looksNumeric(name) ? null : name };
      log.learn({ remoteHost: name });
    } else if (answer.failure.code !== "EAI_NONAME") {
      log.log("WARNING", noNameForLog(answer.failure.words));
    }
  } finally {
    logReceived(log, settings, named.shown, visitor.proxy);
  }
  return named;
}

/** A name that could be an address is none for the rules: whoever owns the names of an address chooses them. */
function looksNumeric(name: Bytes): boolean {
  return /^[0-9.]*$/.test(name) || /^[0-9A-Fa-f:]*$/.test(name);
}
