/** What a login has to know. */
export interface LoginQuestion {
  /** The stored secret: only for it pg_authid is read; all the rest every role may read. */
  readonly secret: boolean;
  /** Also what a session depends on that is to be used again, at a server of this major version; null: none is. */
  readonly session: { readonly serverMajor: number } | null;
}

/**
 * All that a login asks of the catalogue, as one row whatever the names are. `$1` is the role; `$2`, if sessions are used again,
 * the database.
 *
 * Everything is named with its schema and operators are too, so that nothing on a search path can stand in for it.
 * Memberships come from pg_auth_members and not from pg_has_role(), which says yes for superusers; only the reserved
 * slots go by privileges: those of 4550, which is pg_use_reserved_connections, and before 16 nobody's. Names come as
 * hexadecimal digits: in an array they could not be told apart from its own syntax, whatever bytes they have.
 *
 * For a role that does not exist the same is worked out, of the role that asks, and nothing of it is told: the time
 * of an answer should not say who exists.
 */
export function loginStatement({ secret, session }: LoginQuestion): string {
  return `
select
  case when role.oid is null then 0 else 1 end as roles,
  ${secret ? "stored.rolpassword" : "null::pg_catalog.text"} as secret,
  role.rolvaliduntil operator(pg_catalog.<) pg_catalog.now() as expired,
  pg_catalog.left(
    (with recursive membership (oid) as (
       select subject.oid
       union
       select m.roleid
       from pg_catalog.pg_auth_members m
       join membership on m.member operator(pg_catalog.=) membership.oid
     )
     select pg_catalog.string_agg(
              pg_catalog.encode(pg_catalog.textsend(pg_catalog.pg_get_userbyid(membership.oid)::pg_catalog.text), 'hex'),
              ',')
     from membership),
    case when role.oid is null then 0 else 2147483647 end) as member_of,
  role.rolcanlogin as can_log_in,
  role.rolsuper as superuser,
  pg_catalog.pg_has_role(subject.oid, 4550::pg_catalog.oid, 'USAGE') and role.oid is not null as reserved${
    session ? sessionGround(session.serverMajor) : ""
  }
from (select $1::pg_catalog.name as role${session ? ", $2::pg_catalog.name as database" : ""}) asked
left join pg_catalog.pg_roles role on role.rolname operator(pg_catalog.=) asked.role${
    secret
      ? "\nleft join pg_catalog.pg_authid stored on stored.rolname operator(pg_catalog.=) asked.role"
      : ""
  }${
    session
      ? "\nleft join pg_catalog.pg_database database on database.datname operator(pg_catalog.=) asked.database"
      : ""
  }
cross join lateral (
  select coalesce(
    role.oid,
    (select own.oid from pg_catalog.pg_roles own where own.rolname operator(pg_catalog.=) current_user)) as oid
) subject`;
}

/** What these start lasts as long as the session, whoever has that. Before PostgreSQL 14 everybody might call the last, and only superusers could. */
function lasting(serverMajor: number): string[] {
  const backup =
    serverMajor >= 15 ? "pg_backup_start(text,boolean)" : "pg_start_backup(text,boolean,boolean)";
  return serverMajor >= 14 ? [backup, "pg_replication_origin_session_setup(text)"] : [backup];
}

function mayStart(signature: string): string {
  return `coalesce(pg_catalog.has_function_privilege(subject.oid, pg_catalog.to_regprocedure('pg_catalog.${signature}'), 'EXECUTE'), false)`;
}

/** Rows 10 to 18 of what PostgreSQL checks after the method, and by what else a new session could differ. */
function sessionGround(serverMajor: number): string {
  return `,
  role.oid as role_oid,
  role.rolreplication as replication,
  role.rolconnlimit as role_limit,
  database.oid as database_oid,
  database.datallowconn as allows_connections,
  database.datconnlimit as database_limit,
  pg_catalog.has_database_privilege(subject.oid, database.oid, 'CONNECT') and role.oid is not null as may_connect,
  ${serverMajor >= 17 ? "database.dathasloginevt" : "false"} as has_login_trigger,
  ${["role.rolsuper", "role.rolreplication", ...lasting(serverMajor).map(mayStart)].join("\n    or ")} as leaves_traces,
  (select pg_catalog.string_agg(
            pg_catalog.concat_ws(':', s.setdatabase, s.setrole,
              pg_catalog.encode(pg_catalog.textsend(s.setconfig::pg_catalog.text), 'hex')),
            ',' order by s.setdatabase, s.setrole)
   from pg_catalog.pg_db_role_setting s
   where s.setdatabase operator(pg_catalog.=) any (array[0, database.oid]::pg_catalog.oid[])
     and s.setrole operator(pg_catalog.=) any (array[0, role.oid]::pg_catalog.oid[])) as settings`;
}
