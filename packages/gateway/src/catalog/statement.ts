/**
 * All that a login asks of the catalogue, as one row whatever the name is. `$1` is the role. Only with `secret` it reads
 * pg_authid; all the rest every role may read.
 *
 * Everything is named with its schema and operators are too, so that nothing on a search path can stand in for it.
 * Memberships come from pg_auth_members and not from pg_has_role(), which says yes for superusers; only the reserved
 * slots go by privileges: those of 4550, which is pg_use_reserved_connections, and before 16 nobody's. Names come as
 * hexadecimal digits: in an array they could not be told apart from its own syntax, whatever bytes they have.
 *
 * For a role that does not exist the same is worked out, of the role that asks, and nothing of it is told: the time
 * of an answer should not say who exists.
 */
export function loginStatement(secret: boolean): string {
  return `
with recursive
  role as (
    select r.oid, r.rolvaliduntil, r.rolcanlogin, r.rolsuper
    from pg_catalog.pg_roles r
    where r.rolname operator(pg_catalog.=) $1::pg_catalog.name
  ),
  subject (oid) as (
    select coalesce(
      (select role.oid from role),
      (select r.oid from pg_catalog.pg_roles r where r.rolname operator(pg_catalog.=) current_user))
  ),
  membership (oid) as (
    select subject.oid from subject
    union
    select m.roleid
    from pg_catalog.pg_auth_members m
    join membership on m.member operator(pg_catalog.=) membership.oid
  )
select
  (select pg_catalog.count(*) from role) as roles,
  ${secret ? storedSecret : "null::pg_catalog.text"} as secret,
  (select role.rolvaliduntil operator(pg_catalog.<) pg_catalog.now() from role) as expired,
  pg_catalog.left(
    (select pg_catalog.string_agg(
              pg_catalog.encode(pg_catalog.textsend(pg_catalog.pg_get_userbyid(membership.oid)::pg_catalog.text), 'hex'),
              ',')
     from membership),
    case when exists (select from role) then 2147483647 else 0 end) as member_of,
  (select role.rolcanlogin from role) as can_log_in,
  (select role.rolsuper from role) as superuser,
  (select pg_catalog.pg_has_role(subject.oid, 4550::pg_catalog.oid, 'USAGE') from subject)
    and exists (select from role) as reserved`;
}

const storedSecret = `(select a.rolpassword
   from pg_catalog.pg_authid a
   where a.rolname operator(pg_catalog.=) $1::pg_catalog.name)`;
