/** Every keyword of libpq 18, with its environment variable and its default: manual, "Parameter Key Words". */

interface Keyword {
  /** The environment variable that gives the value if the connection string does not. */
  readonly variable?: string;
  /** The value if nothing else gives one. */
  readonly preset?: string;
}

export const KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["service", { variable: "PGSERVICE" }],
  ["user", { variable: "PGUSER" }],
  ["password", { variable: "PGPASSWORD" }],
  ["passfile", { variable: "PGPASSFILE" }],
  ["channel_binding", { variable: "PGCHANNELBINDING", preset: "prefer" }],
  ["connect_timeout", { variable: "PGCONNECT_TIMEOUT" }],
  ["dbname", { variable: "PGDATABASE" }],
  ["host", { variable: "PGHOST" }],
  ["hostaddr", { variable: "PGHOSTADDR" }],
  ["port", { variable: "PGPORT", preset: "5432" }],
  ["client_encoding", { variable: "PGCLIENTENCODING" }],
  ["options", { variable: "PGOPTIONS", preset: "" }],
  ["application_name", { variable: "PGAPPNAME" }],
  ["fallback_application_name", {}],
  ["keepalives", {}],
  ["keepalives_idle", {}],
  ["keepalives_interval", {}],
  ["keepalives_count", {}],
  ["tcp_user_timeout", {}],
  ["sslmode", { variable: "PGSSLMODE", preset: "prefer" }],
  ["sslnegotiation", { variable: "PGSSLNEGOTIATION", preset: "postgres" }],
  ["sslcompression", { variable: "PGSSLCOMPRESSION", preset: "0" }],
  ["sslcert", { variable: "PGSSLCERT" }],
  ["sslkey", { variable: "PGSSLKEY" }],
  ["sslcertmode", { variable: "PGSSLCERTMODE" }],
  ["sslpassword", {}],
  ["sslrootcert", { variable: "PGSSLROOTCERT" }],
  ["sslcrl", { variable: "PGSSLCRL" }],
  ["sslcrldir", { variable: "PGSSLCRLDIR" }],
  ["sslsni", { variable: "PGSSLSNI", preset: "1" }],
  ["requirepeer", { variable: "PGREQUIREPEER" }],
  ["require_auth", { variable: "PGREQUIREAUTH" }],
  ["min_protocol_version", { variable: "PGMINPROTOCOLVERSION" }],
  ["max_protocol_version", { variable: "PGMAXPROTOCOLVERSION" }],
  ["ssl_min_protocol_version", { variable: "PGSSLMINPROTOCOLVERSION", preset: "TLSv1.2" }],
  ["ssl_max_protocol_version", { variable: "PGSSLMAXPROTOCOLVERSION" }],
  ["gssencmode", { variable: "PGGSSENCMODE", preset: "disable" }],
  ["krbsrvname", { variable: "PGKRBSRVNAME", preset: "postgres" }],
  ["gsslib", { variable: "PGGSSLIB" }],
  ["gssdelegation", { variable: "PGGSSDELEGATION", preset: "0" }],
  ["replication", {}],
  ["target_session_attrs", { variable: "PGTARGETSESSIONATTRS", preset: "any" }],
  ["load_balance_hosts", { variable: "PGLOADBALANCEHOSTS", preset: "disable" }],
  ["scram_client_key", {}],
  ["scram_server_key", {}],
  ["oauth_issuer", {}],
  ["oauth_client_id", {}],
  ["oauth_client_secret", {}],
  ["oauth_scope", {}],
  ["sslkeylogfile", {}],
]);

/** Settings of the session that libpq takes from the environment only. */
export const ENVIRONMENT_SETTINGS: readonly (readonly [variable: string, setting: string])[] = [
  ["PGDATESTYLE", "datestyle"],
  ["PGTZ", "timezone"],
  ["PGGEQO", "geqo"],
];

/** Keywords whose values are secrets, kept out of {@link ConnectionOptions.settings}. */
export const SECRET_KEYWORDS: ReadonlySet<string> = new Set([
  "password",
  "sslpassword",
  "scram_client_key",
  "scram_server_key",
  "oauth_client_secret",
]);
