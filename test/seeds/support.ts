import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  decide,
  hbaFileRules,
  identFileMappings,
  isCatalogueMember,
  parseClientAddress,
} from "@sallyport/policy";
import type { Attempt, CatalogueRole, Facts, Policy, RoleCatalogue, ServerProfile } from "@sallyport/policy";
import { readPolicy } from "@sallyport/policy/node";
import type { PolicyReading } from "@sallyport/policy/node";
import { tempDirectory } from "@sallyport/testkit";

/** Contents by path, as they would lie in a data directory. */
export interface Files {
  readonly "pg_hba.conf": string;
  readonly "pg_ident.conf"?: string;
  readonly [other: string]: string;
}

/** Reads files from a directory of their own, as PostgreSQL 18 does. */
export async function read(files: Files, profile?: ServerProfile): Promise<PolicyReading> {
  await using directory = await tempDirectory();
  for (const [name, text] of Object.entries({ "pg_ident.conf": "", ...files })) {
    const path = join(directory.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, "latin1");
  }
  const at = (name: string): string => join(directory.path, name);
  const names = { hbaFile: at("pg_hba.conf"), identFile: at("pg_ident.conf") };
  return await readPolicy(profile ? { ...names, profile } : names);
}

/** The policy of files that load. */
export async function load(files: Files | string): Promise<Policy> {
  const { policy, problems } = await read(typeof files === "string" ? { "pg_hba.conf": files } : files);
  if (!policy || problems.length > 0) throw new Error(problems.map(({ text }) => text).join("\n"));
  return policy;
}

/** `trust by line 3`, `refused by line 3`, `no entry`, `unknown: hostname`: what becomes of an attempt. */
export function verdict(policy: Policy, attempt: Attempt, facts: Facts = {}): string {
  const { outcome, rule, dependsOn } = decide(policy, attempt, facts);
  if (outcome === "no_entry") return "no entry";
  if (outcome === "unknown") return `unknown: ${dependsOn.map(({ fact }) => fact).join(", ")}`;
  return `${outcome === "authenticate" ? rule?.method : outcome} by line ${rule?.line.number}`;
}

/** The rows of `pg_hba_file_rules`: `address` stands for address and netmask. */
export async function hbaRows(files: Files | string): Promise<string[]> {
  const { hba } = await read(typeof files === "string" ? { "pg_hba.conf": files } : files);
  return hbaFileRules(hba).map((row) => {
    if (row.error !== null) return `error: ${row.error}`;
    const { type, database, user_name: user, address, netmask, auth_method: method, options } = row;
    const columns = [
      type,
      database?.join(","),
      user?.join(","),
      address,
      netmask,
      method,
      options?.join(","),
    ];
    return columns.filter((column) => column != null).join(" ");
  });
}

/** The rows of `pg_ident_file_mappings`. */
export async function identRows(files: Omit<Files, "pg_hba.conf">): Promise<string[]> {
  const { ident } = await read({ "pg_hba.conf": "local all all peer\n", ...files });
  return identFileMappings(ident ?? never("a map file was named")).map((row) =>
    row.error === null ? `${row.map_name} ${row.sys_name} ${row.pg_username}` : `error: ${row.error}`,
  );
}

/** Roles and what they are direct members of; a name in capitals is a superuser. */
export function rolesOf(members: Readonly<Record<string, readonly string[]>>): RoleCatalogue {
  const roles = Object.entries(members).map(([name, memberOf]): [string, CatalogueRole] => [
    name,
    {
      name,
      login: true,
      superuser: /^[A-Z]+$/.test(name),
      replication: false,
      validUntil: null,
      secret: null,
      memberOf,
      inherits: memberOf,
    },
  ]);
  return { roles: new Map(roles), databases: null };
}

/** The facts about membership that these roles give. */
export function membersOf(members: Readonly<Record<string, readonly string[]>>): Facts {
  const catalogue = rolesOf(members);
  return { membership: (role, group) => isCatalogueMember(catalogue, role, group) };
}

/** The facts of a resolver: the name of the client's address, and the addresses of that name. */
export function named(name: string, addresses?: readonly string[]): Facts {
  return { hostname: addresses ? { name, forward: { addresses: addresses.map(ip) } } : { name } };
}

/** The bytes of a numeric address. */
export function ip(address: string): string {
  return parseClientAddress(address)?.ip ?? never(`"${address}" is an address`);
}

function never(expectation: string): never {
  throw new Error(`not so: ${expectation}`);
}
