import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loginStatement } from "../../src/catalog/statement.ts";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { converse, isIn, refusal } from "./conversation.ts";
import { loginLines, startup } from "./lines.ts";

const hba = "host all all all scram-sha-256\n";
/** Says in the server's log with which settings a session began: of a role that may write or not. */
const witness = `create function public.witness() returns event_trigger language plpgsql as $$
begin
  raise log 'session of %: search_path=% statement_timeout=% read_only=% role=% work_mem=% timezone=%',
    session_user, current_setting('search_path'), current_setting('statement_timeout'),
    current_setting('default_transaction_read_only'), current_setting('role'), current_setting('work_mem'),
    current_setting('timezone');
end $$`;

/** What would stand in for the catalogue's own if it were found first: everybody's password would be `evil`. */
const shadows = [
  "create schema evil",
  "grant usage on schema evil to public",
  "create view evil.pg_roles as select oid, 'app'::name as rolname, true as rolcanlogin, true as rolsuper, null::timestamptz as rolvaliduntil from pg_catalog.pg_authid limit 1",
  "create view evil.pg_authid as select 'app'::name as rolname, 'md5' || md5('evilapp') as rolpassword",
  "create view evil.pg_auth_members as select 10::oid as roleid, 10::oid as member",
  "create view evil.pg_database as select 16384::oid as oid, 'shop'::name as datname, true as datallowconn, -1 as datconnlimit, false as dathasloginevt",
  "create view evil.pg_db_role_setting as select 0::oid as setdatabase, 0::oid as setrole, null::text[] as setconfig",
  "create function evil.has_database_privilege(oid, oid, text) returns bool language sql as 'select true'",
  "create function evil.same(name, name) returns bool language sql as 'select true'",
  "create operator evil.= (leftarg = name, rightarg = name, function = evil.same)",
  "create function evil.count(text) returns bigint language sql as 'select 1::bigint'",
  "create function evil.now() returns timestamptz language sql as $$select timestamptz '2000-01-01'$$",
  "create function evil.encode(bytea, text) returns text language sql as $$select ''$$",
  "grant select on all tables in schema evil to public",
];

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ settings: { log_statement: "all", log_line_prefix: "%u@%a|" } });
  await run(server, [
    ...setUp,
    ...shadows,
    witness,
    "create event trigger witness on login execute function public.witness()",
    "alter event trigger witness enable always",
    // Whatever somebody set for the catalogue's role or its database does not count either.
    "alter role sallyport set search_path = evil, public",
    "alter role sallyport set default_transaction_read_only = off",
    "alter role sallyport set statement_timeout = 0",
    "alter database postgres set search_path = evil",
    "create role late login password 'late-secret' valid until '2020-01-01'",
  ]);
  gate = await startGate(server, { hba });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** What the catalogue's sessions said and did, without what they were not asked. */
async function catalogueLog(): Promise<readonly string[]> {
  const lines = (await server.log()).split("\n");
  return lines.filter((line) => line.startsWith("sallyport@sallyport catalogue|"));
}

const hostile: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ["search_path", [["search_path", "evil"]]],
  [
    "options",
    [["options", "-c search_path=evil -c statement_timeout=1 -c default_transaction_read_only=off"]],
  ],
  ["options with another spelling", [["options", "--search_path=evil --work_mem=64kB"]]],
  ["session_authorization", [["session_authorization", "postgres"]]],
  ["role", [["role", "postgres"]]],
  ["statement_timeout", [["statement_timeout", "1"]]],
  ["application_name", [["application_name", "sallyport catalogue"]]],
  ["TimeZone", [["TimeZone", "Etc/GMT+12"]]],
  ["client_encoding", [["client_encoding", "SQL_ASCII"]]],
  ["replication", [["replication", "database"]]],
];

describe("what a client asks for its session never reaches the catalogue's", () => {
  test("which begins with the gate's own settings and no others", async () => {
    const born = (await catalogueLog()).filter((line) => line.includes("session of"));
    expect(born).toEqual([
      "sallyport@sallyport catalogue|LOG:  session of sallyport: search_path= statement_timeout=10s read_only=on role=none work_mem=4MB timezone=UTC",
    ]);
  });

  test.for(hostile)("neither by %s", async ([, parameters]) => {
    const before = (await catalogueLog()).length;
    await converse(gate.tcp, loginLines("app", "app-secret", startup("app", "shop", parameters)));
    await converse(gate.tcp, loginLines("app", "evil", startup("app", "shop", parameters)));
    const did = (await catalogueLog())
      .slice(before)
      .filter((line) => /DETAIL|session of|[^,]\bset\b/i.test(line));
    expect(did.length).toBeGreaterThan(0);
    for (const line of did)
      expect(line).toMatch(
        /^sallyport@sallyport catalogue\|DETAIL: {2}Parameters: \$1 = 'app', \$2 = 'shop'$/,
      );
  });

  test.for(hostile)("nor when it has to be opened anew for that client: %s", async ([, parameters]) => {
    const { length } = await catalogueLog();
    await run(server, [
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'sallyport catalogue'",
    ]);
    // The first may meet the session that is gone: then nobody is let in.
    await converse(gate.tcp, loginLines("app", "app-secret", startup("app", "shop", parameters)));
    await converse(gate.tcp, loginLines("app", "app-secret", startup("app", "shop", parameters)));
    const born = (await catalogueLog()).slice(length).filter((line) => line.includes("session of"));
    expect(born).toEqual([
      expect.stringContaining("search_path= statement_timeout=10s read_only=on role=none"),
    ]);
  });
});

describe("what lies in wait on a search path is not found", () => {
  test("a shadow of pg_authid gives nobody its password", async () => {
    expect(isIn(await converse(gate.tcp, loginLines("app", "evil")))).toBe(false);
    expect(isIn(await converse(gate.tcp, loginLines("app", "app-secret")))).toBe(true);
  });

  test("a clock that stands still lets nobody in whose password is expired", async () => {
    const talk = await converse(gate.tcp, loginLines("late", "late-secret"));
    expect(refusal(talk)).toEqual(["28P01", 'password authentication failed for user "late"']);
  });

  test("an operator that calls all names equal makes nobody somebody else", async () => {
    expect(isIn(await converse(gate.tcp, loginLines("ghost", "app-secret")))).toBe(false);
  });
});

test("of a role that does not exist nothing is told, although as much is worked out", async () => {
  await run(server, ["grant pg_read_all_data, pg_use_reserved_connections to sallyport"]);
  const ask = (role: string): string[] => [
    "-c",
    `prepare login as ${loginStatement({ secret: true, session: { serverMajor: 18 } })}`,
    "-c",
    `execute login('${role}', 'postgres')`,
  ];
  const told = async (role: string): Promise<string> =>
    (await server.psql(["-q", "-U", "sallyport", ...ask(role)])).stdout;
  expect(await told("sallyport")).toMatch(
    /^1\|\|\|[0-9a-f,]+\|t\|f\|t\|\d+\|f\|-1\|\d+\|t\|-1\|t\|t\|f\|\S+\n$/,
  );
  expect(await told("ghost")).toMatch(/^0\|\|\|\|\|\|f\|\|\|\|\d+\|t\|-1\|f\|t\|\|\S+\n$/);
});

describe("a name is data to the catalogue", () => {
  const names = [
    "app'; select pg_sleep(60); --",
    "app'; create table injected (); --",
    "app' or rolname = 'app",
    "$1",
    "app\\",
    "app');",
    "E'app'",
    'app"',
    "app/*",
    "--",
    ";",
  ];
  test.for(names)("%s", async (name) => {
    const before = (await catalogueLog()).length;
    const talk = await converse(gate.tcp, loginLines(name, "app-secret"));
    expect(refusal(talk)).toEqual(["28P01", `password authentication failed for user "${name}"`]);
    const parameters = (await catalogueLog()).slice(before).filter((line) => line.includes("Parameters"));
    const shown = name.replaceAll("'", "''");
    expect(parameters).toEqual([
      `sallyport@sallyport catalogue|DETAIL:  Parameters: $1 = '${shown}', $2 = 'shop'`,
    ]);
  });

  test("and only one statement is ever run for a login", async () => {
    const all = await catalogueLog();
    const statements = all.filter((line) => /LOG: {2}(?:statement|execute|duration)/.test(line));
    const kinds = new Set(statements.map((line) => /LOG: {2}((?:statement|execute) ?\S*):/.exec(line)?.[1]));
    expect(kinds).toEqual(new Set(["execute login"]));
  });

  test("whose session may write nothing", async () => {
    expect(await run(server, ["select count(*) from pg_class where relname = 'injected'"])).toBe("0");
    const query =
      "select count(*) from pg_stat_activity where application_name = 'sallyport catalogue' and usename = 'sallyport'";
    expect(await run(server, [query])).toBe("1");
  });
});
