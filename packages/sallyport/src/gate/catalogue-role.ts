/** The role of the catalogue session, if nothing names another. */
export const catalogueRole = "sallyport";

/**
 * The SQL that makes the role of the catalogue session: an ordinary one, to which two columns of `pg_authid` are
 * opened (manual, "pg_authid"). It may be run again.
 *
 * @param role the bytes of its name, or their text: only what is ASCII in it matters here
 */
export function catalogueRoleSql(role: string): string {
  const body = `
begin
  if not exists (select from pg_catalog.pg_roles where rolname = ${quoteLiteral(role)}) then
    create role ${quoteIdentifier(role)} login;
  end if;
end
`;
  return `do ${dollarQuote(body)};

-- Whatever else a login depends on, every role may read.
grant select (rolname, rolpassword) on pg_catalog.pg_authid to ${quoteIdentifier(role)};
`;
}

/**
 * The same for people, with what they have to know.
 *
 * @param database where to run it, if that is known
 */
export function catalogueRoleScript(role: string, database: string | null): string {
  // A line break would end the comment.
  const where = database === null ? "" : ` (here: ${quoteIdentifier(database.replaceAll(/[\r\n]/g, " "))})`;
  return `-- The role of Sallyport's catalogue session, which reads the secret of each role that wants to log in. It need
-- not be a superuser.
--
-- Run this as a superuser of the PostgreSQL behind the gateway, in the database that the gateway's setting
-- "upstream" names${where}: a grant on a system catalogue is good in that database alone.
-- To run it again does no harm.

${catalogueRoleSql(role)}
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
