import type { Bytes } from "@sallyport/policy";
import type { MethodLog } from "./method-log.ts";
import type { MethodOutcome } from "./outcome.ts";

/** Who is at the other end of a Unix socket, and how such users are called. */
export interface PeerLogin {
  /** As the kernel gave it when the client connected; null: it did not. */
  readonly credentials: { readonly uid: number } | null;
  readonly userName: (uid: number) => Promise<{ readonly name: Bytes } | { readonly error: Bytes }>;
  readonly log: MethodLog;
}

/**
 * The method `peer` (manual, 20.9): the operating system says who the client is, and nothing is asked of him.
 * Whether that user may be the role is for the rule's map to say.
 */
export async function peer({ credentials, userName, log }: PeerLogin): Promise<MethodOutcome> {
  const user =
    credentials === null ? { error: "could not get peer credentials" } : await userName(credentials.uid);
  if ("name" in user) return { kind: "proved", identity: user.name, last: null };
  log(user.error);
  return { kind: "failed", reason: null };
}
