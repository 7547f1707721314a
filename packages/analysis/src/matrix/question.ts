import type { Attempt, Bytes, Facts, HbaRule, RoleCatalogue, ServerProfile } from "@sallyport/policy";

/** How a client comes: through a Unix-domain socket, or by TCP without encryption, with TLS, with GSSAPI encryption. */
export type Kind = "local" | "plain" | "ssl" | "gss";

/** What a matrix is about. What is null is not asked for: then all of them. */
export interface MatrixQuestion {
  readonly user: Bytes | null;
  readonly database: Bytes | null;
  /** One address, as a client has it. */
  readonly address: string | null;
  readonly kinds: readonly Kind[];
  /** Null: ordinary connections, and physical replication beside the databases. */
  readonly replication: true | "database" | null;
  readonly systemUser: Bytes | null;
}

/** What a matrix is made with, beside the policy. */
export interface MatrixContext {
  readonly facts: Facts;
  /** Null: unknown; then the names in the files stand for the roles and databases. */
  readonly catalogue: RoleCatalogue | null;
  /** So many decisions are made at most, or what takes as long. */
  readonly most: number;
}

/** A role or a database of a matrix. */
export interface Name {
  /** `other`: one that no line names, under a name made up for it; `own`: the database that is named like the role. */
  readonly is: "named" | "other" | "own" | "replication";
  /** Empty for physical replication. */
  readonly name: Bytes;
}

/** A regular expression that may tell names apart that no line has. */
export interface TellingRegex {
  readonly pattern: Bytes;
  /** The first one that has it. */
  readonly rule: HbaRule;
}

/** The attempt of one cell. */
export function attemptOf(
  user: Bytes,
  database: Name,
  kind: Kind,
  address: string | null,
  { replication, systemUser }: MatrixQuestion,
): Attempt {
  return {
    user,
    address: kind === "local" ? null : address,
    ssl: kind === "ssl",
    gssenc: kind === "gss",
    replication: database.is === "replication" ? true : (replication ?? false),
    ...(database.is === "replication" ? {} : { database: database.name }),
    ...(systemUser === null ? {} : { systemUser }),
  };
}

/** The ways in which a client may come to this server at all. */
export function kindsOf({ features, settings, dialect }: ServerProfile): Kind[] {
  return [
    "local",
    "plain",
    ...(settings.ssl && features.has("ssl") ? (["ssl"] as const) : []),
    ...(features.has("gssapi") && dialect.connectionTypes.includes("hostgssenc") ? (["gss"] as const) : []),
  ];
}
