/** `require_auth`: what a server may ask of us. Manual, "Parameter Key Words". */
import { conninfoError } from "../conninfo/values.ts";

const METHODS = ["password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"] as const;

/** `none`: the server asks for nothing, or does not complete what it began. */
export type RequirableMethod = (typeof METHODS)[number];

export interface AuthRequirement {
  /** The option as given, for errors; empty: anything goes. */
  readonly text: string;
  readonly allowed: ReadonlySet<RequirableMethod>;
}

/** @throws {WireError} `invalid_conninfo`, in libpq's words */
export function parseRequireAuth(text: string): AuthRequirement {
  if (text === "") {
    return { text, allowed: new Set(METHODS) };
  }
  const words = text.split(",");
  const negative = words[0]?.startsWith("!") === true;
  const named = new Set<RequirableMethod>();
  for (const word of words) {
    if (word.startsWith("!") !== negative) {
      throw conninfoError(
        negative
          ? `require_auth method "${word}" cannot be mixed with negative methods`
          : `negative require_auth method "${word}" cannot be mixed with non-negative methods`,
      );
    }
    const name = negative ? word.slice(1) : word;
    const method = METHODS.find((known) => known === name);
    if (method === undefined) {
      throw conninfoError(`invalid require_auth value: "${name}"`);
    }
    if (named.has(method)) {
      throw conninfoError(`require_auth method "${word}" is specified more than once`);
    }
    named.add(method);
  }
  return { text, allowed: negative ? new Set(METHODS.filter((method) => !named.has(method))) : named };
}
