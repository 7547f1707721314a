import { chmod, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { Major, TestPostgres } from "@sallyport/testkit";
import { LiveAuthFile } from "../src/index.ts";
import { run, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, outside, repliesTo } from "./raw-client.ts";

// auth_source = query and file: secrets from elsewhere than pg_authid, which the catalogue's role may not read. All else
// that a login depends on is the catalogue's, and open to every role.

const hba = "host shop +admins all trust\nhost all all all scram-sha-256\n";
const wrong = ["E", "28P01", 'password authentication failed for user "app"'];

/** As on a managed server: a list of secrets that its owner keeps, and one function that shows one of them. */
const managed = [
  "create role sallyport login",
  "create database shop",
  "create role admins",
  "create role chief login in role admins",
  "create role app login password 'app-secret'",
  "create role late login password 'late-secret' valid until '2020-01-01'",
  "create role bare login",
  "create role idle password 'idle-secret'",
  "create role outsider login password 'outsider-secret'",
  "create role locked login password 'locked-secret'",
  "create role keeper",
  "create schema keeper authorization keeper",
  `create table keeper.secrets as
     select rolname::text as name, rolpassword as secret from pg_authid where rolname !~ '^(pg_|admins|keeper)'`,
  "update keeper.secrets set secret = 'locked-secret' where name = 'locked'",
  "insert into keeper.secrets select 'phantom', secret from keeper.secrets where name = 'app'",
  "alter table keeper.secrets owner to keeper",
  `create function keeper.secret_of(asked text) returns table (name text, secret text)
     language sql stable security definer set search_path = pg_catalog, pg_temp
     as 'select s.name, s.secret from keeper.secrets s where s.name = asked'`,
  "alter function keeper.secret_of owner to keeper",
  "revoke all on function keeper.secret_of from public",
  "grant execute on function keeper.secret_of to sallyport",
  "grant usage on schema keeper to sallyport",
  "revoke connect on database shop from public",
  "grant connect on database shop to app, chief, bare, idle, late, locked",
] as const;

const query = "auth_source = query\nauth_query = 'select name, secret from keeper.secret_of($1)'\n";

async function heard(gate: TestGate, user: string, password = `${user}-secret`): Promise<readonly string[]> {
  return heardIn(await repliesTo(gate.tcp, { user, password })).at(-1) ?? [];
}

describe.each<Major>([18, 13])("on a managed PostgreSQL %i", (major) => {
  let server: TestPostgres;
  let secrets: string;

  beforeAll(async () => {
    server = await startPostgres({ major, settings: { password_encryption: "scram-sha-256" } });
    await run(server, managed);
    secrets = await run(server, [
      `select '"' || replace(name, '"', '""') || '" "' || secret || '"' from keeper.secrets where secret is not null`,
    ]);
  });

  afterAll(async () => {
    await server?.stop();
  });

  const sources = [
    ["query", async () => await startGate(server, { hba, conf: query })],
    [
      "file",
      async () =>
        await startGate(server, {
          hba,
          conf: "auth_source = file\nauth_file = 'users.txt'\n",
          files: { "users.txt": `; made by hand\n${secrets}\n` },
        }),
    ],
  ] as const;

  describe.each(sources)("auth_source = %s", (source, start) => {
    let gate: TestGate;

    beforeAll(async () => {
      gate = await start();
    });

    afterAll(async () => {
      await gate?.[Symbol.asyncDispose]();
    });

    test("the catalogue's role may read no secret", async () => {
      const asked = await server.psql(["-U", "sallyport", "-c", "select rolpassword from pg_authid"]);
      expect(asked.stderr).toContain("permission denied for table pg_authid");
    });

    test("lets a role in by its secret, and by no other", async () => {
      expect(await heard(gate, "app")).toEqual(["Z"]);
      expect(await heard(gate, "app", "wrong")).toEqual(wrong);
      const { stdout } = await gate.psql("app", ["-c", "select current_user"]);
      expect(stdout).toBe("app\n");
    });

    test("membership, LOGIN, CONNECT and expiry are the catalogue's", async () => {
      expect(await heard(gate, "chief", "")).toEqual(["Z"]);
      expect(await heard(gate, "idle")).toEqual(["E", "28000", 'role "idle" is not permitted to log in']);
      expect((await heard(gate, "outsider")).slice(0, 2)).toEqual(["E", "42501"]);
      expect((await heard(gate, "late"))[1]).toBe("28P01");
      expect(await gate.logged('user "late"')).toContain('User "late" has an expired password.');
    });

    test("a role that the upstream does not know is unknown, whatever the source says", async () => {
      expect((await heard(gate, "phantom", "app-secret"))[1]).toBe("28P01");
      expect(await gate.logged('user "phantom"')).toContain('Role "phantom" does not exist.');
    });

    test("a role without a secret fails, and the log says why", async () => {
      expect((await heard(gate, "bare"))[1]).toBe("28P01");
      expect(await gate.logged('user "bare"')).toContain(
        source === "query" ? 'User "bare" has no password assigned.' : 'Role "bare" is not in auth_file.',
      );
    });

    test("a password in clear lets nobody in, not even by itself", async () => {
      expect((await heard(gate, "locked"))[1]).toBe("28P01");
      expect(await gate.logged('user "locked"')).toContain(
        'User "locked" does not have a valid SCRAM secret.',
      );
    });

    test("from outside all of them look the same", async () => {
      // Names of four letters, so that messages with them are of one length.
      const seen = await Promise.all(
        ["late", "bare", "idle", "gone"].map(async (user) =>
          outside(await repliesTo(gate.tcp, { user, password: "wrong" })).join("\n"),
        ),
      );
      expect(new Set(seen.map((lines) => lines.replaceAll(/"(?:late|bare|idle|gone)"/g, '""'))).size).toBe(1);
    });
  });
});

describe("auth_query", () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres();
    await run(server, [
      ...managed,
      `create function public.two(text) returns table (name text, secret text) language sql security definer
         as 'select s.name, s.secret from keeper.secrets s where s.name in ($1, ''chief'') order by 1'`,
      `create function public.raises(asked text) returns table (name text, secret text) language plpgsql
         security definer as $$
         begin
           if asked = 'bare' then raise exception 'no such customer'; end if;
           return query select s.name, s.secret from keeper.secrets s where s.name = asked;
         end $$`,
      `create function public.record(asked text, out name text, out secret text) language sql security definer
         as 'select s.name, s.secret from keeper.secrets s where s.name = asked'`,
    ]);
  });

  afterAll(async () => {
    await server?.stop();
  });

  async function gateWith(sql: string): Promise<TestGate> {
    const conf = `auth_source = query\nauth_query = '${sql.replaceAll("'", "''")}'\n`;
    return await startGate(server, { hba, conf });
  }

  test.each([
    ["select usename, passwd from pg_shadow where usename = $1", "permission denied"],
    ["select name from keeper.secret_of($1)", "must return two columns, name and secret, and returns 1"],
    ["select name, secret, 1 from keeper.secret_of($1)", "returns 3"],
    ["select name, secret from keeper.secret_of('app')", "requires 0"],
    ["select name, secret from keeper.secret_of($1) where $2", "requires 2"],
    ["select name, secret from secret_of($1)", "function secret_of(unknown) does not exist"],
    ["select", "returns 0"],
    ["selekt", "syntax error"],
    ["insert into keeper.secrets values ($1)", "returns 0"],
    ["select 1; select 2", "cannot insert multiple commands"],
  ])("%j is refused at start: %s", async (sql, reason) => {
    await expect(gateWith(sql)).rejects.toThrow(reason);
  });

  test.each([
    [
      "the default of old PgBouncers as a superuser sees it",
      "select usename, passwd from pg_shadow where usename=$1",
    ],
    [
      "that of newer ones",
      "select rolname, case when rolvaliduntil < now() then null else rolpassword end from pg_authid where rolname=$1 and rolcanlogin",
    ],
  ])("%s works", async (_, sql) => {
    const upstream = `host=${server.socketDirectory} port=${server.port} user=postgres dbname=postgres`;
    await using gate = await startGate(server, {
      hba,
      upstream,
      conf: `auth_source = query\nauth_query = '${sql}'`,
    });
    expect(await heard(gate, "app")).toEqual(["Z"]);
    expect(await heard(gate, "app", "wrong")).toEqual(wrong);
  });

  test("answers with a row of another role, or with several: nobody gets in by them", async () => {
    await using gate = await gateWith("select 'chief', secret from keeper.secret_of($1)");
    expect(await heard(gate, "app")).toEqual(wrong);
    expect(await gate.logged("28P01 ")).toContain('auth_query returned another role than "app".');
    await using other = await gateWith("select name, secret from public.two($1)");
    expect(await heard(other, "app")).toEqual(wrong);
    expect(await other.logged("28P01 ")).toContain('auth_query returned 2 rows for role "app".');
  });

  test("of a function with a record: a row without a name is none", async () => {
    await using gate = await gateWith("select name, secret from public.record($1)");
    expect(await heard(gate, "app")).toEqual(["Z"]);
    await run(server, ["create role later login"]);
    expect((await heard(gate, "later"))[1]).toBe("28P01");
    expect(await gate.logged('user "later"')).toContain('auth_query returned no secret for role "later".');
  });

  test("that raises an error for a name leaves that role without a secret; nobody can tell", async () => {
    await using gate = await gateWith("select name, secret from public.raises($1)");
    expect((await heard(gate, "bare"))[1]).toBe("28P01");
    expect(await gate.logged('user "bare"')).toContain('auth_query failed for role "bare": no such customer');
    expect((await heard(gate, "\xFF"))[1]).toBe("28P01");
    expect(await heard(gate, "app")).toEqual(["Z"]);
  });

  test("that may no longer be run lets nobody in", async () => {
    await using gate = await gateWith("select name, secret from keeper.secret_of($1)");
    expect(await heard(gate, "app")).toEqual(["Z"]);
    await run(server, ["revoke execute on function keeper.secret_of from sallyport"]);
    try {
      for (const user of ["app", "ghost"]) expect((await heard(gate, user))[1]).toBe("57P03");
      expect(await gate.logged("57P03")).toContain("permission denied for function secret_of");
    } finally {
      await run(server, ["grant execute on function keeper.secret_of to sallyport"]);
    }
    expect(await heard(gate, "app")).toEqual(["Z"]);
  });

  test("sees a new password at the next login, and the old one no more", async () => {
    await using gate = await gateWith("select name, secret from keeper.secret_of($1)");
    await run(server, [
      "alter role app password 'fresh'",
      "update keeper.secrets set secret = (select rolpassword from pg_authid where rolname = name) where name = 'app'",
    ]);
    expect(await heard(gate, "app")).toEqual(wrong);
    expect(await heard(gate, "app", "fresh")).toEqual(["Z"]);
  });
});

describe("auth_file", () => {
  const good = '"app" "md5d41d8cd98f00b204e9800998ecf8427e"\n';

  async function loaded(
    text: string | null,
    mode = 0o600,
  ): Promise<Awaited<ReturnType<typeof LiveAuthFile.load>>> {
    await using room = await tempDirectory();
    const path = `${room.path}/users.txt`;
    if (text !== null) await writeFile(path, text, { mode });
    if (text !== null) await chmod(path, mode);
    return await LiveAuthFile.load(path);
  }

  test.each([
    ["is missing", null, 0o600, "could not open auth_file"],
    ["may be written by its group", good, 0o660, "has group or world access"],
    ["may be read by others", good, 0o604, "has group or world access"],
    ["has a line that is none", `${good}app hunter2\n`, 0o600, "line 2: no name in double quotes"],
  ])("that %s is not taken", async (_, text, mode, reason) => {
    const result = await loaded(text, mode);
    expect(result).toHaveProperty("message", expect.stringContaining(reason));
    expect(JSON.stringify(result)).not.toContain("hunter2");
  });

  test("may be read by its group if it is root's, as a private key may", async () => {
    const isRoot = process.getuid?.() === 0;
    expect("file" in (await loaded(good, 0o640))).toBe(isRoot);
  });

  test("at a reload counts whole or not at all", async () => {
    await using room = await tempDirectory();
    const path = `${room.path}/users.txt`;
    await writeFile(path, good, { mode: 0o600 });
    const first = await LiveAuthFile.load(path);
    if (!("file" in first)) throw new Error(first.message);
    const { file } = first;
    expect((await file.reload()).verdict).toBe("unchanged");
    await writeFile(path, '"app" "other"\n');
    expect((await file.reload()).verdict).toBe("loaded");
    expect(file.current.secretOf("app")).toBe("other");
    await writeFile(path, '"app" "third"\n"app" "fourth"\n');
    expect(await file.reload()).toMatchObject({
      verdict: "refused",
      message: `auth_file "${path}", line 2: the same name as in line 1`,
    });
    expect(file.current.secretOf("app")).toBe("other");
  });
});
