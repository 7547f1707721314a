import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { connect } from "@sallyport/wire";
import type { Client } from "@sallyport/wire";
import { sallyport, serve } from "./cli.ts";
import type { Running } from "./cli.ts";

const trust = "host all all 127.0.0.1/32 trust\n";
const reject = "host all app all reject\n";

let server: TestPostgres;
let room: TempDirectory;
let gates = 0;

beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres(), tempDirectory()]);
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    "create role app login",
  ];
  await server.psql(statements.flatMap((sql) => ["-c", sql]));
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

interface Gate extends AsyncDisposable {
  readonly running: Running;
  readonly port: number;
  /** Writes a file of the gate. */
  readonly write: (name: string, text: string) => Promise<void>;
  /** Sends SIGHUP, and gives what is logged up to the line that ends a reload. */
  readonly reload: () => Promise<string>;
  /** What a login by TCP comes to: `in`, or psql's words. */
  readonly login: () => Promise<string>;
  readonly conf: string;
}

async function startGate(): Promise<Gate> {
  const directory = join(room.path, `gate${(gates += 1)}`);
  const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  expect(await sallyport(["init", "-D", directory, "--upstream", upstream])).toMatchObject({ status: 0 });
  const write = async (name: string, text: string): Promise<void> =>
    await writeFile(join(directory, name), text, { mode: 0o600 });
  await write("pg_hba.conf", trust);
  const port = await freePort();
  const conf = join(directory, "sallyport.conf");
  await writeFile(
    conf,
    (await readFile(conf, "utf8"))
      .replace(/^port = .*$/m, `port = ${port}`)
      .replace(/^unix_socket_directories = .*$/m, `unix_socket_directories = '${directory}/s'`),
  );
  const running = await serve(["-D", directory]);
  let seen = running.output().length;
  return {
    running,
    port,
    write,
    reload: async () => {
      seen = running.output().length;
      process.kill(running.pid, "SIGHUP");
      await expect.poll(() => running.output().slice(seen), { timeout: 20_000 }).toMatch(/reload: .*\n/);
      return running.output().slice(seen);
    },
    login: async () => {
      const env = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: "app", PGDATABASE: "postgres" };
      const { status, stderr } = await psql(["-c", "select 1"], { env });
      return status === 0 ? "in" : stderr.trim();
    },
    conf,
    [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose](),
  };
}

async function session({ port }: Gate): Promise<Client> {
  const hosts = [{ host: "127.0.0.1", port }];
  return await connect({ hosts, user: "app", database: "postgres", connectTimeout: 10_000 });
}

describe("SIGHUP", () => {
  test("lets new rules decide from the next login on; whoever is in stays", async () => {
    await using gate = await startGate();
    const before = await session(gate);
    await gate.write("pg_hba.conf", reject + trust);
    expect(await gate.login()).toBe("in");
    const log = await gate.reload();
    expect(log).toContain("LOG:  received SIGHUP, reloading configuration files\n");
    expect(log).toMatch(
      /reload: \S+pg_hba\.conf loaded, \S+pg_ident\.conf unchanged; policy sha256=[0-9a-f]{64}\n/,
    );
    expect(await gate.login()).toContain('pg_hba.conf rejects connection for host "127.0.0.1", user "app"');
    expect((await before.query("select 1", [], { timeout: 10_000 })).rows).toEqual([["1"]]);
    await before.close();
    await gate.write("pg_hba.conf", trust);
    await gate.reload();
    expect(await gate.login()).toBe("in");
  });

  test("takes nothing of a broken pg_hba.conf, and says what is wrong with it and where", async () => {
    await using gate = await startGate();
    await gate.write("pg_hba.conf", `${reject}host all all all scarm\n`);
    const log = await gate.reload();
    expect(log).toContain('LOG:  invalid authentication method "scarm"\n');
    expect(log).toMatch(/CONTEXT: {2}line 2 of configuration file "\S+pg_hba\.conf"\n/);
    expect(log).toMatch(/LOG: {2}\S+pg_hba\.conf was not reloaded\n/);
    expect(log).toMatch(/pg_hba\.conf refused, \S+pg_ident\.conf unchanged/);
    expect(await gate.login()).toBe("in");
  });

  test("refuses what this gateway could not carry out, as at start", async () => {
    await using gate = await startGate();
    await gate.write("pg_hba.conf", "host all all all bsd\n");
    expect(await gate.reload()).toContain('invalid authentication method "bsd": not supported by this build');
    expect(await gate.login()).toBe("in");
  });

  test("takes each file by itself: good rules beside a broken map, a good map beside broken rules", async () => {
    await using gate = await startGate();
    await gate.write("pg_hba.conf", reject + trust);
    await gate.write("pg_ident.conf", "m only\n");
    const first = await gate.reload();
    expect(first).toMatch(/LOG: {2}\S+pg_ident\.conf was not reloaded\n/);
    expect(first).toMatch(/pg_hba\.conf loaded, \S+pg_ident\.conf refused/);
    expect(await gate.login()).toContain("rejects");
    await gate.write("pg_hba.conf", "nonsense\n");
    await gate.write("pg_ident.conf", "m os app\n");
    expect(await gate.reload()).toMatch(/pg_hba\.conf refused, \S+pg_ident\.conf loaded/);
    expect(await gate.login()).toContain("rejects");
  });

  test("applies the settings that may change, and names those that need a new start", async () => {
    await using gate = await startGate();
    const conf = await readFile(gate.conf, "utf8");
    const changed = conf
      .replace(/^log_line_prefix = .*$/m, "log_line_prefix = 'gate: '")
      .replace(/^port = .*$/m, "port = 1");
    await gate.write("sallyport.conf", `${changed}authentication_timeout = 7s\n`);
    const log = await gate.reload();
    expect(log).toContain('LOG:  parameter "port" cannot be changed without restarting the server\n');
    expect(log).toContain('LOG:  parameter "authentication_timeout" changed to "7"\n');
    expect(log).toMatch(
      /configuration file "\S+sallyport\.conf" contains errors; unaffected changes were applied\n/,
    );
    expect(log).toContain("gate: LOG:  reload: ");
    expect(await gate.login()).toBe("in");
    await gate.write("sallyport.conf", conf);
    expect(await gate.reload()).toContain(
      'parameter "authentication_timeout" removed from configuration file, reset to default\n',
    );
  });

  test("changes the form of the log, in its midst", async () => {
    await using gate = await startGate();
    const conf = await readFile(gate.conf, "utf8");
    await gate.write("sallyport.conf", `${conf}log_destination = jsonlog\n`);
    const log = await gate.reload();
    expect(log).toContain(' LOG:  parameter "log_destination" changed to "jsonlog"\n');
    expect(JSON.parse(log.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      pid: gate.running.pid,
      error_severity: "LOG",
      message: expect.stringMatching(/^reload: /),
      backend_type: "postmaster",
    });
    await gate.write("sallyport.conf", `${conf}log_destination = 'jsonlog,csvlog'\n`);
    expect(await gate.reload()).toContain(
      String.raw`Log destination \"csvlog\" is not supported by this build.`,
    );
  });

  test("takes nothing of a broken sallyport.conf, and the rules all the same", async () => {
    await using gate = await startGate();
    const conf = await readFile(gate.conf, "utf8");
    await gate.write("sallyport.conf", `log_line_prefix = 'x '\n${conf}\nauthentication_timeout = never\n`);
    await gate.write("pg_hba.conf", reject + trust);
    const log = await gate.reload();
    expect(log).toContain('LOG:  invalid value for parameter "authentication_timeout": "never"\n');
    expect(log).toMatch(/configuration file "\S+sallyport\.conf" contains errors; no changes were applied\n/);
    expect(log).not.toContain("changed to");
    expect(await gate.login()).toContain("rejects");
  });

  test("again and again under logins: each is decided by the one file or the other, and none is lost", async () => {
    await using gate = await startGate();
    const files = [trust, reject + trust, "nonsense\n"];
    const logins: Promise<string>[] = [];
    for (let round = 0; round < 30; round += 1) {
      await gate.write("pg_hba.conf", files[round % 3] ?? trust);
      process.kill(gate.running.pid, "SIGHUP");
      logins.push(gate.login());
    }
    for (const login of await Promise.all(logins)) {
      expect(login === "in" || login.includes("pg_hba.conf rejects connection")).toBe(true);
    }
    await gate.write("pg_hba.conf", trust);
    await gate.reload();
    await expect.poll(async () => await gate.login(), { timeout: 20_000 }).toBe("in");
  });
});
