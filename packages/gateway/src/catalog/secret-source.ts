import type { Bytes } from "@sallyport/policy";
import type { Settings } from "../config/index.ts";
import type { AuthFile } from "./auth-file.ts";

/** Where the secrets of roles come from (`auth_source`); what else a login depends on the catalogue says. */
export type SecretSource =
  | { readonly kind: "pg_authid" }
  /** `auth_query`, run in the catalogue session. */
  | { readonly kind: "query"; readonly sql: Bytes }
  /** Asked anew for each login, so that a reload counts from the next one on. */
  | { readonly kind: "file"; readonly file: { readonly current: AuthFile } }
  /** From nowhere: the upstream judges passwords itself. */
  | { readonly kind: "upstream" };

/** @throws {TypeError} `auth_source` is file, and there is none */
export function secretSource(
  { auth_source: kind, auth_query: sql }: Pick<Settings, "auth_source" | "auth_query">,
  file: { readonly current: AuthFile } | null,
): SecretSource {
  switch (kind) {
    case "query":
      return { kind, sql };
    case "file":
      if (file === null) throw new TypeError("auth_source is file, and no authFile is given");
      return { kind, file };
    case "pg_authid":
    case "upstream":
      return { kind };
  }
}

/** A role's secret, or why there is none; for the log, null if it is simply not set. */
export type FoundSecret =
  | { readonly secret: Bytes }
  | { readonly secret: null; readonly noSecret: Bytes | null };
