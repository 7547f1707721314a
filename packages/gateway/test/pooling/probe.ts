/** What a client can ask its session about itself; each gives one value, or an error. */
export const probes: Readonly<Record<string, string>> = {
  settings:
    "select string_agg(name || '=' || setting || ' ' || source, e'\\n' order by name) from pg_settings where name not like 'plpgsql.%'",
  role: "select current_user || ' ' || session_user || ' ' || current_setting('role')",
  "search path": "select current_schemas(true)::text",
  "placeholder setting": "select coalesce(current_setting('probe.word', true), 'null')",
  "prepared statements": "select count(*)::text from pg_prepared_statements",
  cursors: "select count(*)::text from pg_cursors",
  channels: "select count(*)::text from pg_listening_channels()",
  "advisory locks":
    "select count(*)::text from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
  "other locks":
    "select count(*)::text from pg_locks where pid = pg_backend_pid() and locktype not in ('relation', 'virtualxid')",
  "temporary tables":
    "select count(*)::text from pg_class where relpersistence = 't' and pg_table_is_visible(oid)",
  "temporary schema": "select (pg_my_temp_schema() <> 0)::text",
  "size of temp_buffers": "set temp_buffers = '16MB'",
  lastval: "select lastval()::text",
  currval: "select currval('public.numbers')::text",
  random: "select (random()::text in ($seeded))::text",
  "transaction id": "select coalesce(txid_current_if_assigned()::text, 'null')",
  "session characteristics":
    "select current_setting('transaction_isolation') || current_setting('transaction_read_only')",
  "a library's settings": "select coalesce(current_setting('plpgsql.extra_warnings', true), 'null')",
  "foreign connections": "select coalesce(dblink_get_connections()::text, 'none')",
  "own row in pg_stat_activity":
    "select state || ' ' || application_name from pg_stat_activity where pid = pg_backend_pid()",
  "age of the backend":
    "select (backend_start < '$came')::text from pg_stat_activity where pid = pg_backend_pid()",
  isolation: "select current_setting('default_transaction_isolation')",
  encoding: "select current_setting('client_encoding')",
  "plan of a temporary function": "select coalesce(to_regproc('pg_temp.secret')::text, 'null')",
};

/** What a client can leave behind, each statement by itself; some fail, which is as well. */
export const traces: readonly string[] = [
  "set work_mem = '77MB'",
  "set search_path = 'evil', 'public'",
  "set probe.word = 'left behind'",
  "set client_encoding = 'LATIN1'",
  "set timezone = 'Asia/Tokyo'",
  "set application_name = 'somebody else'",
  "set default_transaction_isolation = 'serializable'",
  "set session characteristics as transaction read only",
  "set session characteristics as transaction read write",
  "set role helper",
  "reset role",
  "prepare mine as select 1",
  "declare held cursor with hold for select 1",
  "listen news",
  "select pg_advisory_lock(42), pg_advisory_lock_shared(43)",
  "select nextval('public.numbers')",
  "do $$ begin perform 1; end $$",
  "select dblink_connect_u('left', '$conninfo')",
  "set role helper",
  "select setseed(0.5)",
];

/** The first values of `random()` behind `setseed(0.5)`, in any version of a server: asked of it before. */
export const seededValues =
  "select string_agg(quote_literal(random()::text), ',') from (select setseed(0.5) offset 0) seed, generate_series(1, 8)";

/** What nothing takes back: the session of whoever has done it serves nobody else. */
export const lasting: readonly string[] = [
  "create temporary table secrets (a text)",
  "create function pg_temp.secret() returns int language sql as 'select 1'",
];
