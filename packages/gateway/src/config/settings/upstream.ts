import type { Bytes } from "@sallyport/policy";
import type { SettingRows } from "../setting.ts";

type AuthSource = "pg_authid" | "query" | "file" | "upstream";
type UpstreamAuth = "passthrough" | "service";

/** The PostgreSQL behind the gateway: where it is, where secrets come from, how sessions log in there. */
export interface UpstreamSettings {
  /** A libpq connection string or URI, or `embedded`. May hold a password. */
  readonly upstream: Bytes;
  readonly auth_source: AuthSource;
  readonly auth_query: Bytes;
  readonly auth_file: Bytes;
  /** Seconds. */
  readonly auth_cache_time: number;
  readonly upstream_auth: UpstreamAuth;
}

export const upstreamSettings: SettingRows<UpstreamSettings> = {
  upstream: {
    type: "string",
    secret: true,
    default: null,
    context: "postmaster",
    whose: "sallyport",
    description:
      "The PostgreSQL behind the gateway: a libpq connection string or URI, or embedded. Its user and dbname are those of the catalogue session alone.",
    check: (text) =>
      text.trim() === ""
        ? { hint: "Give a libpq connection string, such as 'host=db.example.com dbname=postgres'." }
        : null,
  },
  auth_source: {
    type: "enum",
    values: ["pg_authid", "query", "file", "upstream"],
    default: "pg_authid",
    context: "postmaster",
    whose: "sallyport",
    description:
      "Where the secrets of roles come from: pg_authid of the upstream, a query, a file; with upstream the upstream judges passwords itself. All else that a login depends on the catalogue says.",
  },
  auth_query: {
    type: "string",
    default: "",
    context: "postmaster",
    whose: "sallyport",
    description:
      "The query that gives the secret of a role, as PgBouncer's auth_query: its parameter $1 is the name, its two columns are name and secret. It runs in the catalogue session, so its names have to have their schema.",
  },
  auth_file: {
    type: "string",
    path: true,
    default: "",
    context: "postmaster",
    whose: "sallyport",
    description:
      "The file of names and secrets, in the format of PgBouncer's auth_file; read again at each reload. Passwords in clear let nobody in.",
  },
  auth_cache_time: {
    type: "integer",
    unit: "s",
    min: 0,
    max: 86_400,
    default: "0",
    only: { value: "0", reason: "caching secrets is not supported by this build" },
    context: "sighup",
    whose: "sallyport",
    description:
      "How long an answer of the catalogue may be used again; 0: it is asked at each login, so that what is revoked is revoked at once.",
  },
  upstream_auth: {
    type: "enum",
    values: ["passthrough", "service"],
    default: "passthrough",
    context: "postmaster",
    whose: "sallyport",
    description:
      "How sessions log in upstream: with what their client has proved, or with the gateway's own credential, which must serve for every role.",
  },
};
