import type { Bytes } from "./bytes.ts";
import { utf8Bytes } from "./bytes.ts";

/** A role as a decision and what follows it see it. Names are byte strings. */
export interface CatalogueRole {
  readonly name: Bytes;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly replication: boolean | null;
  /** RFC 3339, `infinity`, or null: none or not known. */
  readonly validUntil: string | null;
  /** Null: it has none; undefined: not known. */
  readonly secret: "scram-sha-256" | "md5" | null | undefined;
  readonly memberOf: readonly Bytes[];
  /** Those of `memberOf` whose privileges it has without SET ROLE. */
  readonly inherits: readonly Bytes[];
}

export interface CatalogueDatabase {
  readonly name: Bytes;
  readonly allowConnections: boolean;
  /** Roles with CONNECT, `public` among them where everybody has it. */
  readonly connect: readonly Bytes[];
}

/** The roles of a server. What it lacks does not exist. */
export interface RoleCatalogue {
  readonly roles: ReadonlyMap<Bytes, CatalogueRole>;
  /** Null: not known. */
  readonly databases: ReadonlyMap<Bytes, CatalogueDatabase> | null;
}

/** Reads the JSON form; unknown keys are ignored, a wrong type is an error that names its place. */
export function parseCatalogue(json: string): RoleCatalogue | { readonly error: string } {
  try {
    const root = object(JSON.parse(json), "the catalogue");
    const roles = list(root["roles"], "roles").map((item, at) => parseRole(object(item, `roles[${at}]`), at));
    const databases =
      root["databases"] === undefined
        ? null
        : list(root["databases"], "databases").map((item, at) =>
            parseDatabase(object(item, `databases[${at}]`), at),
          );
    return {
      roles: new Map(roles.map((role) => [role.name, role])),
      databases: databases && new Map(databases.map((database) => [database.name, database])),
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Is `role` a direct or indirect member of `group`, or `group` itself? Superusers are no members by being so. */
export function isCatalogueMember(catalogue: RoleCatalogue, role: Bytes, group: Bytes): boolean {
  return reaches(catalogue, role, group, (one) => one.memberOf);
}

/** Has `role` the privileges of `group`? Unlike membership this asks whether they are inherited. */
export function hasPrivilegesOf(catalogue: RoleCatalogue, role: Bytes, group: Bytes): boolean {
  return reaches(catalogue, role, group, (one) => one.inherits);
}

function reaches(
  { roles }: RoleCatalogue,
  role: Bytes,
  group: Bytes,
  next: (role: CatalogueRole) => readonly Bytes[],
): boolean {
  if (!roles.has(role) || !roles.has(group)) return false;
  const seen = new Set([role]);
  for (const name of seen) {
    if (name === group) return true;
    const one = roles.get(name);
    for (const parent of one ? next(one) : []) seen.add(parent);
  }
  return false;
}

type Json = Readonly<Record<string, unknown>>;

function parseRole(role: Json, at: number): CatalogueRole {
  const where = (key: string): string => `roles[${at}].${key}`;
  const secret = role["secret"];
  const names = (key: string): Bytes[] => list(role[key], where(key)).map((item) => name(item, where(key)));
  const memberOf = names("member_of");
  if (secret != null && secret !== "scram-sha-256" && secret !== "md5") {
    throw new TypeError(`${where("secret")} must be "scram-sha-256", "md5" or null`);
  }
  return {
    name: name(role["name"], where("name")),
    login: flag(role["login"], where("login")),
    superuser: flag(role["superuser"], where("superuser")),
    replication: role["replication"] == null ? null : flag(role["replication"], where("replication")),
    validUntil: role["valid_until"] == null ? null : text(role["valid_until"], where("valid_until")),
    secret,
    memberOf,
    inherits: role["inherits"] === undefined ? memberOf : names("inherits"),
  };
}

function parseDatabase(database: Json, at: number): CatalogueDatabase {
  const where = (key: string): string => `databases[${at}].${key}`;
  return {
    name: name(database["name"], where("name")),
    allowConnections: flag(database["allow_connections"], where("allow_connections")),
    connect: list(database["connect"], where("connect")).map((item) => name(item, where("connect"))),
  };
}

function object(value: unknown, where: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${where} must be an object`);
  return value as Json;
}

function list(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${where} must be an array`);
  return value;
}

function text(value: unknown, where: string): string {
  if (typeof value !== "string") throw new TypeError(`${where} must be a string`);
  return value;
}

function name(value: unknown, where: string): Bytes {
  return utf8Bytes(text(value, where));
}

function flag(value: unknown, where: string): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${where} must be true or false`);
  return value;
}
