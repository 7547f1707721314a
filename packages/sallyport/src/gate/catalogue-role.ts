import type { Settings } from "@sallyport/gateway";

/** The role of the catalogue session, if nothing names another. */
export const catalogueRole = "sallyport";

/** Where secrets come from, which says what the role needs (`auth_source`). */
export type AuthSource = Settings["auth_source"];

/**
 * The SQL that makes the role of the catalogue session: an ordinary one, to which two columns of `pg_authid` are
 * opened (manual, "pg_authid"), or what else its source of secrets needs. It may be run again.
 *
 * @param role the bytes of its name, or their text: only what is ASCII in it matters here
 */
export function catalogueRoleSql(role: string, source: AuthSource = "pg_authid"): string {
  const body = `
begin
  if not exists (select from pg_catalog.pg_roles where rolname = ${quoteLiteral(role)}) then
    create role ${quoteIdentifier(role)} login;
  end if;
end
`;
  return `do ${dollarQuote(body)};

-- Whatever else a login depends on, every role may read.
${grants(quoteIdentifier(role), source)}`;
}

function grants(role: string, source: AuthSource): string {
  switch (source) {
    case "pg_authid":
      return `grant select (rolname, rolpassword) on pg_catalog.pg_authid to ${role};
`;
    case "query":
      return `-- It sees one secret at a time. Where nobody may read pg_authid, have the function read a table of your own.
do $$ begin
  if not exists (select from pg_catalog.pg_namespace where nspname = 'sallyport') then
    create schema sallyport;
  end if;
end $$;
create or replace function sallyport.secret_of(asked name) returns table (name name, secret text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as 'select a.rolname, a.rolpassword from pg_catalog.pg_authid a where a.rolname operator(pg_catalog.=) asked';
revoke all on function sallyport.secret_of(name) from public;
grant usage on schema sallyport to ${role};
grant execute on function sallyport.secret_of(name) to ${role};

-- In sallyport.conf:
--   auth_source = query
--   auth_query = 'select name, secret from sallyport.secret_of($1)'
`;
    case "file":
      return `-- Secrets come from auth_file: the role needs no grant.
`;
    case "upstream":
      return `-- The upstream judges passwords itself: the role needs no grant.
`;
  }
}

/**
 * The same for people, with what they have to know.
 *
 * @param database where to run it, if that is known
 */
export function catalogueRoleScript(
  role: string,
  database: string | null,
  source: AuthSource = "pg_authid",
): string {
  // A line break would end the comment.
  const where = database === null ? "" : ` (here: ${quoteIdentifier(database.replaceAll(/[\r\n]/g, " "))})`;
  return `-- The role of Sallyport's catalogue session, which reads the secret of each role that wants to log in. It need
-- not be a superuser.
--
-- Run this as a superuser of the PostgreSQL behind the gateway, in the database that the gateway's setting
-- "upstream" names${where}: a grant on a system catalogue is good in that database alone.
-- To run it again does no harm.

${catalogueRoleSql(role, source)}
-- How this role logs in is for the pg_hba.conf of that server to say: by peer, for example, or by a password, which
-- \\password of psql sets and which the gateway then finds in its passfile.
`;
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Whatever standard_conforming_strings says. */
function quoteLiteral(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

function dollarQuote(body: string): string {
  let tag = "$$";
  for (let n = 0; body.includes(tag); n += 1) tag = `$role${n}$`;
  return `${tag}${body}${tag}`;
}
