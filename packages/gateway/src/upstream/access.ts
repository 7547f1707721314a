import type { Bytes } from "@sallyport/policy";
import { areAllPrivate, FatalError, parseRequireAuth } from "@sallyport/wire";
import type { ConnectionOptions, Proof, RequirableMethod } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";

/** With what the session of a role logs in upstream (`upstream_auth`). */
export type UpstreamAccess =
  /** With the gateway's own credential for it. */
  | { readonly kind: "service" }
  /** With what this client has proved, and nothing else. */
  | {
      readonly kind: "passthrough";
      /** Null: its method leaves nothing to pass on. */
      readonly proof: Proof | null;
      /** Nobody has held it against a secret: the upstream has to. */
      readonly unjudged: boolean;
      /** For the log: the line that the client came by, and its method. */
      readonly line: Bytes;
      readonly method: Bytes;
    };

/** What a server asks for that holds the answer against a secret. */
const judging: readonly RequirableMethod[] = ["password", "md5", "scram-sha-256"];

/**
 * The connection string's options for a session upstream that has to judge a password: a server that lets it in without
 * asking for one has judged nothing. Null: they allow no method that could.
 */
export function judgingSettings({ settings }: ConnectionOptions): ConnectionOptions["settings"] | null {
  const { allowed } = parseRequireAuth(settings?.get("require_auth") ?? "");
  const methods = judging.filter((method) => allowed.has(method));
  if (methods.length === 0) return null;
  return new Map(settings).set("require_auth", methods.join(","));
}

/** Why passwords cannot be left to this upstream to judge, if `auth_source` says so; null: they can, or it does not. */
export function passwordsRefusal({ auth_source }: Settings, upstream: ConnectionOptions): FatalError | null {
  if (auth_source !== "upstream") return null;
  const hint = "Passwords go over TLS with sslmode=verify-ca or verify-full, or over a Unix socket.";
  if (!areAllPrivate(upstream)) {
    const message = "auth_source=upstream would send passwords over a connection that is not verified";
    return new FatalError("F0000", message, { hint });
  }
  if (judgingSettings(upstream) === null) {
    return new FatalError(
      "F0000",
      "auth_source=upstream: require_auth allows no method that judges a password",
    );
  }
  return null;
}
