import { appendFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { sallyport } from "./cli.ts";

let server: TestPostgres;
let room: TempDirectory;

beforeAll(async () => {
  [server, room] = await Promise.all([
    startPostgres({
      hba: "local all all trust\nhost all +staff all scram-sha-256\nhostssl all ops all cert\n",
    }),
    tempDirectory(),
  ]);
  const statements = [
    "create role staff",
    "create role kim login password 'kim-secret' valid until '2020-01-01 00:00:00+00' in role staff",
    "create role app login password 'app-secret' in role staff",
    "create role plain login",
    "create database shop",
    "revoke connect on database shop from public",
    "grant connect on database shop to app",
  ];
  await server.psql(statements.flatMap((sql) => ["-c", sql]));
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

describe("roles", () => {
  test("writes a catalogue of a live server, without a secret, that explain can use", async () => {
    const conninfo = `host=${server.socketDirectory} port=${server.port} user=postgres dbname=postgres`;
    const { status, stdout, stderr } = await sallyport(["roles", conninfo]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const catalogue = JSON.parse(stdout) as { roles: { name: string }[]; databases: { name: string }[] };
    expect(catalogue.roles.find(({ name }) => name === "kim")).toMatchObject({
      name: "kim",
      login: true,
      superuser: false,
      replication: false,
      valid_until: "2020-01-01T00:00:00.000000Z",
      secret: "scram-sha-256",
      connection_limit: -1,
      member_of: ["staff"],
    });
    expect(catalogue.databases.find(({ name }) => name === "shop")).toMatchObject({
      connect: ["app", "postgres"],
    });
    expect(stdout).not.toContain("SCRAM-SHA-256$");

    await writeFile(join(room.path, "roles.json"), stdout);
    const files = ["--hba", server.paths.hba, "--address", "10.0.0.1", "-d", "shop"];
    const ask = async (user: string, roles: string): Promise<{ status: number | null; stdout: string }> =>
      await sallyport(["explain", ...files, "-U", user, "--roles", roles], { cwd: room.path });
    const app = await ask("app", "roles.json");
    expect(app.status).toBe(0);
    expect(app.stdout).toContain('"app" has CONNECT on "shop"');
    const kim = await ask("kim", conninfo);
    expect(kim.status).toBe(0);
    expect(kim.stdout).toContain(
      'that of role "kim" expired at 2020-01-01T00:00:00.000000Z; it is asked for and no answer is right',
    );
    expect(kim.stdout).toContain('FATAL:  permission denied for database "shop"');
    expect((await ask("plain", "roles.json")).status).toBe(1);
  });

  test("takes the server from PG*, and warns of a password that all can read", async () => {
    const env = {
      PGHOST: server.socketDirectory,
      PGPORT: String(server.port),
      PGUSER: "plain",
      PGDATABASE: "postgres",
    };
    const { status, stdout, stderr } = await sallyport(["roles"], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    // Who may not read pg_authid does not learn who has a secret.
    expect(stdout).not.toContain('"secret"');
    const loud = await sallyport(["roles", "password=x"], { env });
    expect(loud.stderr).toMatch(/^sallyport: warning: a password on the command line can be read by others/);
  });

  test("says what went wrong", async () => {
    const { status, stdout, stderr } = await sallyport(["roles", `host=${room.path} user=x`]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(
      /^sallyport: error: connection to server on socket ".*" failed: no such file or directory\n$/,
    );
  });
});

describe("-D", () => {
  test("takes files, version and settings from a data directory", async () => {
    const { status, stdout } = await sallyport([
      "rules",
      "-D",
      server.paths.dataDirectory,
      "--format",
      "json",
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(3);
    expect(stdout).toContain(`"file_name": "${server.paths.hba}"`);
    const attempt = ["-U", "plain", "--local", "--format", "json"];
    const explained = await sallyport(["explain", "-D", server.paths.dataDirectory, ...attempt]);
    expect(JSON.parse(explained.stdout)).toMatchObject({ outcome: "authenticate", server_version: 18 });
  });

  test("takes them from a directory that is split as Debian's", async () => {
    const [etc, data] = [join(room.path, "etc"), join(room.path, "data")];
    await mkdir(etc);
    await mkdir(data);
    await writeFile(join(data, "PG_VERSION"), "18\n");
    await writeFile(join(data, "postgresql.auto.conf"), "ssl = 'on'\n");
    await writeFile(join(etc, "extra.conf"), "ssl = off # overruled by ALTER SYSTEM\n");
    const conf = [
      `data_directory = '${data}'\t\t# use data in another directory`,
      `hba_file = '${etc}/pg_hba.conf'`,
      `ident_file = '${etc}/pg_ident.conf'`,
      "include = 'extra.conf'",
      "some_extension.setting = 'x'",
    ];
    await writeFile(join(etc, "postgresql.conf"), `${conf.join("\n")}\n`);
    await writeFile(join(etc, "pg_hba.conf"), "hostssl all all all cert map=os\n");
    await writeFile(join(etc, "pg_ident.conf"), "os a b\n");
    await symlink(etc, join(room.path, "main"));
    const rules = await sallyport(["rules", "-D", "main", "--format", "json"], { cwd: room.path });
    expect(rules).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(rules.stdout)).toMatchObject([{ type: "hostssl", auth_method: "cert", error: null }]);
    const mappings = await sallyport(["mappings", "--format", "json"], { env: { SALLYPORT_GATE: etc } });
    expect(JSON.parse(mappings.stdout)).toMatchObject([{ map_name: "os", sys_name: "a", pg_username: "b" }]);
  });

  test("takes them from a gate, and refuses what the gate would refuse", async () => {
    const gate = join(room.path, "gate");
    expect((await sallyport(["init", "-D", gate])).status).toBe(0);
    const ask = ["explain", "-U", "app", "--address", "127.0.0.1"];
    const { status, stdout } = await sallyport([...ask, "-D", gate]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Admitted by pg_hba\.conf:\d+: scram-sha-256\n/);
    const judge = "upstream = 'host=/nowhere'\nauth_source = upstream\nupstream_auth = passthrough\n";
    await appendFile(join(gate, "sallyport.conf"), judge);
    await writeFile(join(gate, "pg_hba.conf"), "host all all all md5\n");
    const refused = await sallyport([...ask, "-D", gate]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain(
      'pg_hba.conf:1:18: error: invalid authentication method "md5": not supported with auth_source=upstream',
    );
    // As a file by itself it is a good one.
    expect((await sallyport([...ask, "--hba", join(gate, "pg_hba.conf")])).status).toBe(0);
  });

  test("shows the name of a directory beyond ASCII as it is", async () => {
    const gate = join(room.path, "gäte");
    expect((await sallyport(["init", "-D", gate])).status).toBe(0);
    const run = async (...args: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await sallyport([...args, "-D", gate]);
      return stdout + stderr;
    };
    await writeFile(join(gate, "pg_hba.conf"), "host all all all scarm\n");
    const rule = `${gate}/pg_hba.conf:1:18: error: `;
    expect(await run("explain", "-U", "app", "--local")).toContain(rule);
    expect(await run("check")).toContain(rule);
    await writeFile(join(gate, "sallyport.conf"), "prot = 1\n", { mode: 0o600 });
    const setting = `${gate}/sallyport.conf:1:1: error: `;
    expect(await run("serve")).toContain(setting);
    expect(await run("explain", "-U", "app", "--local")).toContain(setting);
    expect(await run("check")).toContain(setting);
  });
});
