import { databaseNames, longest, roleNames } from "../world.ts";

/**
 * What generated logins add to the world: secrets of every kind, roles and databases that refuse for every reason
 * that a server has. Texts are Unicode.
 */
export interface LoginRole {
  readonly name: string;
  /** Null: it has no secret. */
  readonly password: string | null;
  readonly secret: "scram-sha-256" | "md5" | null;
  readonly expired: boolean;
}

interface Secret {
  readonly password?: string;
  readonly kind: "scram-sha-256" | "md5";
  readonly iterations?: number;
  readonly validUntil?: string;
}

const scram: Secret = { kind: "scram-sha-256" };
const md5: Secret = { kind: "md5" };
const past = "2020-01-01";

/** Secrets of the roles that the world has already. */
const worldSecrets: Readonly<Record<string, Secret>> = {
  bob: scram,
  Bob: md5,
  alice: { ...scram, validUntil: "2100-01-01" },
  boss: md5,
  root: scram,
  copier: scram,
  retired: scram,
  all: md5,
  replication: scram,
  sameuser: scram,
  "+staff": md5,
  zoë: scram,
  "jean luc": md5,
  'say "hi"': scram,
  "a,b": scram,
  "@list": md5,
  "#note": scram,
  [longest]: md5,
};

/** Roles for logins alone: attributes, secret. */
const ownRoles: readonly (readonly [name: string, attributes: string, secret?: Secret])[] = [
  ["daemon", "login", md5],
  ["bin", "login", scram],
  ["few", "login", { ...scram, iterations: 1024 }],
  ["many", "login", { ...scram, iterations: 20_000 }],
  ["next year", "login", { ...md5, validUntil: "2100-01-01" }],
  ["forever", "login", { ...scram, validUntil: "infinity" }],
  ["late", "login", { ...scram, validUntil: past }],
  ["late md5", "login", { ...md5, validUntil: past }],
  ["late boss", "login superuser", { ...scram, validUntil: "-infinity" }],
  ["former", "nologin", md5],
  ["full", "login connection limit 0", scram],
  ["full copier", "login replication connection limit 0", scram],
  ["full boss", "login superuser connection limit 0", md5],
  ["IX", "login", { ...scram, password: "IX" }],
  ["soft", "login", { ...scram, password: "\u00aa" }],
  ["blank", "login", { ...scram, password: "a\u00a0b c" }],
  ["bidi", "login", { ...scram, password: "foo\u06271bar" }],
  ["bell", "login", { ...scram, password: "foo\u0007bar" }],
  ["accent", "login", { ...md5, password: "zo\u00eb-geheim" }],
  ["wordy", "login", { ...scram, password: "w".repeat(1500) }],
  ["tuned", "login", scram],
  ["loaded", "login", md5],
];

const ownStatements: readonly string[] = [
  "alter role tuned set search_path = tuned, public",
  "alter role tuned set application_name = 'by role'",
  "alter role tuned in database shop set statement_timeout = '11min'",
  "alter role loaded set session_preload_libraries = 'ghost'",
  "alter database shop set lock_timeout = '12min'",
  "create database crowded connection limit 0",
  "create database broken",
  "update pg_database set datconnlimit = -2 where datname = 'broken'",
  "create database noisy",
  "\\connect noisy",
  `create function welcome() returns event_trigger language plpgsql
    as 'begin raise notice ''welcome, %'', session_user; end'`,
  "create event trigger welcome on login execute function welcome()",
  "\\connect postgres",
];

export const loginRoles: readonly LoginRole[] = [
  ...roleNames.map((name) => loginRole(name, worldSecrets[name])),
  ...ownRoles.map(([name, , secret]) => loginRole(name, secret)),
];

export const loginDatabases: readonly string[] = [...databaseNames, "crowded", "broken", "noisy"];

/**
 * Makes roles, secrets and databases, on top of the statements of the world. One statement each, for a single psql: the
 * server itself makes the secrets, so that it is the judge of what a password means.
 */
export function loginStatements(): string[] {
  const secrets = [
    ...Object.entries(worldSecrets),
    ...ownRoles.flatMap(([name, , secret]) => (secret ? [[name, secret] as const] : [])),
  ];
  return [
    "set md5_password_warnings = off",
    ...ownRoles.map(([name, attributes]) => `create role "${name}" ${attributes}`),
    ...secrets.flatMap(([name, secret]) => secretStatements(name, secret)),
    `alter role eve valid until '${past}'`,
    ...ownStatements,
  ];
}

function secretStatements(name: string, { kind, iterations = 4096, validUntil, password }: Secret): string[] {
  const until = validUntil === undefined ? "" : ` valid until '${validUntil}'`;
  const role = `"${name.replaceAll('"', '""')}"`;
  return [
    `set password_encryption = '${kind}'`,
    `set scram_iterations = ${iterations}`,
    `alter role ${role} password '${password ?? passwordOf(name)}'${until}`,
  ];
}

function loginRole(name: string, secret: Secret | undefined): LoginRole {
  if (secret === undefined) return { name, password: null, secret: null, expired: name === "eve" };
  const { kind, password = passwordOf(name), validUntil } = secret;
  return { name, password, secret: kind, expired: validUntil === past || validUntil === "-infinity" };
}

function passwordOf(name: string): string {
  return `${name}-secret`;
}
