import { utf8Text } from "@sallyport/policy";
import type { Client, Result } from "@sallyport/wire";

/** A role catalogue in its JSON form: what a policy's questions about roles are answered from. Never a secret. */
export interface RoleCatalogueJson {
  readonly server_version: string;
  readonly roles: readonly {
    readonly name: string;
    readonly login: boolean;
    readonly superuser: boolean;
    readonly replication: boolean;
    readonly valid_until: string | null;
    /** Absent: the role that asked may not know. */
    readonly secret: "scram-sha-256" | "md5" | null | undefined;
    readonly connection_limit: number;
    readonly member_of: readonly string[];
    /** Those of `member_of` whose privileges the role has without SET ROLE. */
    readonly inherits: readonly string[];
  }[];
  readonly databases: readonly {
    readonly name: string;
    readonly allow_connections: boolean;
    readonly connect: readonly string[];
  }[];
}

const answerWithin = 60_000;

/** Everything is named with its schema: what is on the search path of the role that asks does not matter. */
const rolesStatement = `
select r.rolname, r.rolcanlogin, r.rolsuper, r.rolreplication,
       case when r.rolvaliduntil = 'infinity' then 'infinity'
            else to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end,
       r.rolconnlimit
from pg_catalog.pg_roles r
order by r.rolname`;

/** From 16 on each grant says whether it is inherited; before, the member did. */
const membershipsStatement = `
select pg_catalog.pg_get_userbyid(m.member), pg_catalog.pg_get_userbyid(m.roleid),
       bool_or(coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool, r.rolinherit))
from pg_catalog.pg_auth_members m
join pg_catalog.pg_roles r on r.oid = m.member
group by 1, 2
order by 1, 2`;

/** Only the kind of a secret leaves the server. */
const secretsStatement = `
select a.rolname,
       case when a.rolpassword like 'SCRAM-SHA-256$%' then 'scram-sha-256'
            when a.rolpassword like 'md5%' then 'md5' end
from pg_catalog.pg_authid a`;

const maySeeSecrets = `
select pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolname', 'select')
   and pg_catalog.has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'select')`;

const databasesStatement = `
select d.datname, d.datallowconn
from pg_catalog.pg_database d
order by d.datname`;

/** Grantee 0 is PUBLIC; a database without an ACL has the default one. */
const connectStatement = `
select d.datname, case when a.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(a.grantee) end
from pg_catalog.pg_database d,
     pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
where a.privilege_type = 'CONNECT'
order by 1, 2`;

/** Reads the roles of a server. Any role may ask; one that may not read `pg_authid` does not learn of secrets. */
export async function readRoleCatalogue(client: Client): Promise<RoleCatalogueJson> {
  const ask = async (sql: string): Promise<Result> => await client.query(sql, [], { timeout: answerWithin });
  const [[allowed] = []] = (await ask(maySeeSecrets)).rows;
  const secrets = allowed === "t" ? new Map(pairs(await ask(secretsStatement))) : null;
  const granted = await ask(membershipsStatement);
  const memberships = grouped(pairs(granted));
  const inherited = grouped(pairs({ ...granted, rows: granted.rows.filter((row) => row[2] === "t") }));
  const connect = grouped(pairs(await ask(connectStatement)));
  const roles = (await ask(rolesStatement)).rows.map(
    ([name, login, superuser, replication, validUntil = null, connectionLimit]) => ({
      name: text(name),
      login: login === "t",
      superuser: superuser === "t",
      replication: replication === "t",
      valid_until: validUntil,
      secret: secrets ? secretKind(secrets.get(name ?? "")) : undefined,
      connection_limit: Number(connectionLimit ?? -1),
      member_of: (memberships.get(name ?? "") ?? []).map(text),
      inherits: (inherited.get(name ?? "") ?? []).map(text),
    }),
  );
  const databases = (await ask(databasesStatement)).rows.map(([name, allowConnections]) => ({
    name: text(name),
    allow_connections: allowConnections === "t",
    connect: (connect.get(name ?? "") ?? []).map(text),
  }));
  return { server_version: client.parameters.get("server_version") ?? "", roles, databases };
}

function pairs({ rows }: Result): [string, string | null][] {
  return rows.map(([key, value = null]) => [key ?? "", value]);
}

function grouped(entries: readonly (readonly [string, string | null])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of entries) {
    const group = groups.get(key) ?? [];
    groups.set(key, [...group, value ?? ""]);
  }
  return groups;
}

function secretKind(kind: string | null | undefined): "scram-sha-256" | "md5" | null {
  return kind === "scram-sha-256" || kind === "md5" ? kind : null;
}

function text(bytes: string | null | undefined): string {
  return utf8Text(bytes ?? "");
}
