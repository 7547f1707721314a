import { existsSync } from "node:fs";
import { appendFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { CommandResult, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { sallyport, serve } from "./cli.ts";

let server: TestPostgres;
let room: TempDirectory;

beforeAll(async () => {
  // Nobody but the superuser comes in without a password.
  const hba = "local all postgres trust\nlocal all all scram-sha-256\n";
  [server, room] = await Promise.all([startPostgres({ hba }), tempDirectory()]);
  await run("create role app login password 'app-secret'");
  await run("create role stranger login password 'stranger-secret'");
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

async function run(sql: string, database = "postgres"): Promise<string> {
  const { status, stdout, stderr } = await server.psql(["-d", database, "-v", "ON_ERROR_STOP=1"], {
    input: sql,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trimEnd();
}

async function catalogSql(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await sallyport(["init", "--catalog-sql", ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

/** What a role may do in a database, as the server sees it. */
async function rights(role: string, database = "postgres"): Promise<string> {
  const literal = `'${role.replaceAll("'", "''")}'`;
  return await run(
    `set standard_conforming_strings = on;
     select r.rolcanlogin, r.rolsuper, string_agg(a.attname, ',' order by a.attnum)
     from pg_roles r, pg_attribute a
     where r.rolname = ${literal} and a.attrelid = 'pg_authid'::regclass and a.attnum > 0
       and has_column_privilege(r.oid, a.attrelid, a.attname, 'select')
     group by 1, 2`,
    database,
  ).then((rows) => rows.replace(/^SET\n?/, ""));
}

/** A gate in front of the server whose upstream logs in as a role, with the passwords of a passfile. */
async function gateFor(
  role: string,
  passwords: readonly string[],
): Promise<{
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly port: number;
}> {
  const directory = join(room.path, role);
  const passfile = `${directory}.pgpass`;
  await writeFile(passfile, passwords.map((entry) => `*:*:*:${entry}\n`).join(""), { mode: 0o600 });
  const upstream = `host=${server.socketDirectory} port=${server.port} user=${role} dbname=postgres`;
  const made = await sallyport(["init", "-D", directory, "--upstream", upstream]);
  expect(made).toMatchObject({ status: 0, stderr: "" });
  expect(made.stdout).toContain(`  sallyport init --catalog-sql -D ${directory}\n`);
  const port = await freePort();
  const settings = [`port=${port}`, `unix_socket_directories=${directory}.s`, "upstream_auth=service"];
  const args = ["-D", directory, ...settings.flatMap((setting) => ["-c", setting])];
  return { args, env: { PGPASSFILE: passfile }, port };
}

/** Lines of sallyport.conf as options of a command. */
function overrides(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [, name = "", value = ""] = /^(\w+) = '?(.*?)'?\n$/.exec(line) ?? [];
    return ["-c", `${name}=${value}`];
  });
}

async function login(port: number, user: string): Promise<CommandResult> {
  const target = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: user, PGDATABASE: "postgres" };
  return await psql(["-c", "select current_user"], { env: { ...target, PGPASSWORD: `${user}-secret` } });
}

describe("init --catalog-sql", () => {
  test("prints SQL for an ordinary role that may read secrets and no more, as often as it is run", async () => {
    const sql = await catalogSql();
    for (const _ of ["once", "again"]) {
      await run(sql);
      expect(await rights("sallyport")).toBe("t|f|rolname,rolpassword");
    }
  });

  test.each(["Mixed Case", `o'"$$\\x`, "$role0$ $$", ":x :'y'", "Käthe"])(
    "for the role %j of a connection string",
    async (role) => {
      const quoted = `'${role.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
      await run(await catalogSql("--upstream", `host=h user=${quoted} dbname=postgres`));
      expect(await rights(role)).toBe("t|f|rolname,rolpassword");
      const uri = `postgresql://${encodeURIComponent(role)}@h/postgres`;
      expect(await catalogSql("--upstream", uri)).toContain(`"${role.replaceAll('"', '""')}" login`);
    },
  );

  test("says in which database, where the grant counts alone", async () => {
    await run("create database other");
    const sql = await catalogSql("--upstream", "host=h user=there dbname=other");
    expect(sql).toContain('"upstream" names (here: "other")');
    expect(await catalogSql("--upstream", "host=h user=there")).toContain('(here: "there")');
    await run(sql, "other");
    expect(await rights("there", "other")).toBe("t|f|rolname,rolpassword");
    expect(await rights("there", "postgres")).toBe("");
  });

  test("a line break in a name stays in the name", async () => {
    const sql = await catalogSql("--upstream", "user=u dbname='a\ndrop role app; --'");
    expect(sql).toMatch(/^-- .*\(here: "a drop role app; --"\)/m);
  });

  test("with -D, for the upstream of the gate that is there; it makes nothing", async () => {
    const directory = join(room.path, "named");
    await sallyport(["init", "-D", directory, "--upstream", "host=h user=keeper dbname=postgres"]);
    const before = await readdir(directory);
    expect(await catalogSql("-D", directory)).toContain('create role "keeper" login');
    expect(await readdir(directory)).toEqual(before);
    const none = join(room.path, "none");
    expect(await catalogSql("-D", none)).toContain('create role "sallyport" login');
    expect(existsSync(none)).toBe(false);
  });

  test("with -D, for its source of secrets: a query's function, whose line works as it is printed", async () => {
    const directory = join(room.path, "query");
    await sallyport(["init", "-D", directory, "--upstream", "host=h user=asks dbname=postgres"]);
    const conf = join(directory, "sallyport.conf");
    await appendFile(conf, "auth_source = query\nauth_query = 'select 1'\n");
    const sql = await catalogSql("-D", directory);
    for (const _ of ["once", "again"]) await run(sql);
    expect(await rights("asks")).toBe("");
    const lines = [...sql.matchAll(/^-- {3}(auth_.*)$/gm)].map(([, line = ""]) => `${line}\n`);
    expect(lines).toHaveLength(2);
    const upstream = `host=${server.socketDirectory} port=${server.port} user=asks dbname=postgres`;
    const checked = await sallyport([
      "check",
      "-D",
      directory,
      "-c",
      `upstream=${upstream}`,
      ...overrides(lines),
    ]);
    expect(checked.stdout).not.toContain("auth-query-refused");
    const asked = await run(
      "set role asks; select name, secret like 'SCRAM%' from sallyport.secret_of('app')",
    );
    expect(asked).toContain("app|t");
  });

  test.each(["file", "upstream"])("for auth_source = %s it grants nothing", async (source) => {
    const directory = join(room.path, source);
    const role = `of_${source}`;
    await sallyport(["init", "-D", directory, "--upstream", `host=h user=${role} dbname=postgres`]);
    const more = source === "file" ? "auth_file = 'users.txt'\n" : "";
    await appendFile(join(directory, "sallyport.conf"), `auth_source = ${source}\n${more}`);
    await run(await catalogSql("-D", directory));
    expect(await rights(role)).toBe("");
    expect(await run(`select rolcanlogin from pg_roles where rolname = '${role}'`)).toBe("t");
  });

  test("a connection string that names nobody is warned about", async () => {
    const { status, stdout, stderr } = await sallyport(["init", "--catalog-sql", "--upstream", "host=h"]);
    expect(status).toBe(0);
    expect(stdout).toContain('create role "sallyport" login');
    expect(stderr).toBe(
      "sallyport: warning: the connection string names no user; add user=sallyport to it\n",
    );
  });

  test.each([
    [["--upstream", "host=h usr=x"], 'invalid connection option "usr"'],
    [["--upstream", "postgresql://%FF@h"], "a name in the connection string is not UTF-8"],
    [["--demo"], "--demo and --catalog-sql exclude each other"],
  ])("%j is refused: %s", async (args, message) => {
    const { status, stdout, stderr } = await sallyport(["init", "--catalog-sql", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(`sallyport: error: ${message}\n`);
  });
});

describe("init", () => {
  test("without -D has nothing to make", async () => {
    expect(await sallyport(["init"])).toEqual({
      status: 2,
      stdout: "",
      stderr:
        "sallyport: error: required option '-D, --directory <dir>' not specified\nHINT:  Try \"--help\".\n",
    });
  });

  test("makes nothing for a connection string that is none", async () => {
    const directory = join(room.path, "wrong");
    const { status, stderr } = await sallyport(["init", "-D", directory, "--upstream", "host=h hots=x"]);
    expect(status).toBe(2);
    expect(stderr).toBe('sallyport: error: invalid connection option "hots"\n');
    expect(existsSync(directory)).toBe(false);
  });

  test("takes a connection string over several lines as it is, and warns of a password in it", async () => {
    const directory = join(room.path, "lines");
    const upstream = "host=h\n  user='it\\'s'\n  password=hunter2";
    const { status, stderr } = await sallyport(["init", "-D", directory, "--upstream", upstream]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^sallyport: warning: a password on the command line can be read by others/);
    const shown = await sallyport(["serve", "-D", directory, "-C", "upstream"]);
    expect(shown.stdout).toBe("host=h\n  user='it\\'s'\n  password=***\n");
  });
});

describe("a gate whose catalogue role is made so", () => {
  test("lets a role in by its secret, and opens its session with its own entry of the passfile", async () => {
    await run(await catalogSql("--upstream", "user=keys dbname=postgres"));
    await run("alter role keys password 'keys-secret'");
    const { args, env, port } = await gateFor("keys", ["keys:keys-secret", "app:app-secret"]);
    await using gate = await serve(args, { env });
    expect(await login(port, "app")).toEqual({ status: 0, stdout: "app\n", stderr: "" });
    // Its own password is good, and the gateway has none for it: nobody else's is tried.
    const stranger = await login(port, "stranger");
    expect(stranger.stderr).toContain("FATAL:  the database system is not accepting connections");
    await expect
      .poll(() => gate.output())
      .toContain(
        'The session of role "stranger" cannot be opened upstream: the server asks for a password and none was supplied',
      );
    expect(await gate.stop("SIGTERM")).toBe(0);
    expect(gate.output()).not.toMatch(/WARNING|-secret/);
  });

  test("does not start without the grant, and says what to do", async () => {
    await run("create role blind login password 'blind-secret'");
    const { args, env } = await gateFor("blind", ["blind:blind-secret"]);
    const { status, stdout, stderr } = await sallyport(["serve", ...args], { env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("permission denied for table pg_authid");
    expect(stderr).toMatch(/^HINT: .*sallyport init --catalog-sql.*"postgres"/m);
    await run(await catalogSql("-D", join(room.path, "blind")));
    await using gate = await serve(args, { env });
    expect(await gate.stop("SIGTERM")).toBe(0);
  });
});
