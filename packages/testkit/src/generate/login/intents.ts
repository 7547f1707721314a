import { grantWish } from "./attempt.ts";
import type { LoginAttempt } from "./attempt.ts";
import { bindingIntents } from "./binding-intents.ts";
import { certificateIntents } from "./certificate-intents.ts";
import type { LoginIntent } from "./clients.ts";
import { handshakeIntents } from "./handshake-intents.ts";
import { localIntents } from "./local-intents.ts";
import { misbehaviours } from "./misbehaviours.ts";
import { passwordIntents } from "./password-intents.ts";
import type { Random } from "../random.ts";
import { sessionIntents } from "./session-intents.ts";

/**
 * All that clients may be up to. Together they come to every outcome that a login has.
 *
 * @param uids of the operating system's users that can connect over the Unix socket, by name; empty: none is told
 * from another there
 */
export function loginIntents(uids: ReadonlyMap<string, number>): readonly LoginIntent[] {
  return [...plainIntents(uids), ...handshakeIntents, ...certificateIntents, ...bindingIntents];
}

/** Those that are not about TLS. */
export function plainIntents(uids: ReadonlyMap<string, number>): readonly LoginIntent[] {
  const local = uids.size > 0 ? localIntents(uids) : [];
  return [...passwordIntents, ...sessionIntents, ...misbehaviours, ...local];
}

/** @param calm nothing beside the intent */
export function loginAttempt(
  r: Random,
  [name, wish]: LoginIntent,
  { calm = false }: { readonly calm?: boolean } = {},
): LoginAttempt {
  return grantWish(r, name, wish(r), calm);
}
