import type { ShownGss } from "../log/index.ts";
import type { Visit } from "./visit.ts";

/** What GSSAPI did for a connection; null: nothing. Whose ticket encrypts it counts only where a rule asks for one. */
export function gssOf({ rule, identity, gss }: Pick<Visit, "rule" | "identity" | "gss">): ShownGss | null {
  const principal = rule?.method === "gss" ? identity : null;
  return gss === null && principal === null ? null : { encrypted: gss !== null, principal };
}
