/**
 * The roles and databases that generated rules and attempts talk about: groups in groups, rights that must not
 * count (superuser, NOINHERIT, grants without SET), names that are keywords elsewhere, and names that need quotes.
 * Texts are Unicode.
 */

/** As long as a name can be; longer ones are cut to this. */
export const longest: string = "n".repeat(63);

interface WorldRole {
  readonly name: string;
  readonly attributes: string;
  readonly memberOf?: readonly string[];
}

const roles: readonly WorldRole[] = [
  { name: "company", attributes: "nologin" },
  { name: "staff", attributes: "nologin", memberOf: ["company"] },
  { name: "readers", attributes: "nologin noinherit", memberOf: ["staff"] },
  { name: "admins", attributes: "nologin" },
  { name: "shop", attributes: "login", memberOf: ["admins"] },
  { name: "bob", attributes: "login", memberOf: ["readers"] },
  { name: "Bob", attributes: "login", memberOf: ["admins"] },
  { name: "alice", attributes: "login noinherit", memberOf: ["staff", "shop"] },
  { name: "eve", attributes: "login" },
  { name: "boss", attributes: "login superuser", memberOf: ["admins"] },
  { name: "root", attributes: "login superuser" },
  { name: "copier", attributes: "login replication", memberOf: ["company"] },
  { name: "retired", attributes: "nologin", memberOf: ["readers"] },
  { name: "all", attributes: "login", memberOf: ["staff"] },
  { name: "replication", attributes: "login replication" },
  { name: "sameuser", attributes: "login", memberOf: ["all"] },
  { name: "+staff", attributes: "login" },
  { name: "zoë", attributes: "login", memberOf: ["readers"] },
  { name: "jean luc", attributes: "login", memberOf: ["zoë"] },
  { name: 'say "hi"', attributes: "login" },
  { name: "a,b", attributes: "login", memberOf: ["+staff"] },
  { name: "@list", attributes: "login" },
  { name: "#note", attributes: "login" },
  { name: String.raw`back\slash`, attributes: "login" },
  { name: longest, attributes: "login", memberOf: ["staff"] },
];

/** None of these makes a membership count more or less. */
const grantOptions = [
  "",
  " with inherit false",
  " with set false, inherit false",
  " with admin true",
] as const;

const databases: readonly { readonly name: string; readonly attributes?: string }[] = [
  { name: "shop", attributes: "owner bob" },
  { name: "staff" },
  { name: "bob" },
  { name: "all" },
  { name: "replication" },
  { name: "zoë" },
  { name: "closed", attributes: "allow_connections false" },
  { name: "private" },
];

export const roleNames: readonly string[] = roles.map(({ name }) => name);

export const databaseNames: readonly string[] = [
  ...databases.map(({ name }) => name),
  "postgres",
  "template0",
];

/**
 * Makes roles and databases; one statement each, since none may stand in a transaction block.
 *
 * @param options `grantOptions`: those that came with 16
 */
export function worldStatements({
  grantOptions: more = true,
}: { readonly grantOptions?: boolean } = {}): string[] {
  const grants = roles.flatMap(({ name, memberOf = [] }) => memberOf.map((group) => [group, name] as const));
  return [
    ...roles.map(({ name, attributes }) => `create role ${identifier(name)} ${attributes}`),
    ...grants.map(
      ([group, member], at) =>
        `grant ${identifier(group)} to ${identifier(member)} ${more ? grantOptions[at % grantOptions.length] : ""}`,
    ),
    ...databases.map(({ name, attributes = "" }) => `create database ${identifier(name)} ${attributes}`),
    "revoke connect on database private from public",
    "grant connect on database private to bob, eve",
  ];
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
