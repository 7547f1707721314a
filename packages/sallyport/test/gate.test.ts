import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { sallyport, serve } from "./cli.ts";

let server: TestPostgres;
let room: TempDirectory;

beforeAll(async () => {
  // Others may pass: the embedded server of a demo gate may run as another user.
  [server, room] = await Promise.all([startPostgres(), tempDirectory(0o711)]);
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    "create role app login password 'app-secret'",
  ];
  await server.psql(statements.flatMap((sql) => ["-c", sql]));
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

/** A gate in front of the server, made by `init`, on a free port. */
async function makeGate(name: string): Promise<{ directory: string; port: number; own: readonly string[] }> {
  const directory = join(room.path, name);
  const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  const made = await sallyport(["init", "-D", directory, "--upstream", upstream]);
  expect(made).toMatchObject({ status: 0, stderr: "" });
  const port = await freePort();
  const settings = [`port=${port}`, `unix_socket_directories=${join(room.path, `s-${name}`)}`];
  return { directory, port, own: ["-D", directory, ...settings.flatMap((setting) => ["-c", setting])] };
}

async function login(port: number, env: Readonly<Record<string, string>> = {}): ReturnType<typeof psql> {
  const target = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: "app", PGDATABASE: "postgres" };
  return await psql(["-c", "select current_user"], { env: { ...target, PGPASSWORD: "app-secret", ...env } });
}

describe("init", () => {
  test("makes a gate whose files are its owner's alone, and which lets nobody in without a password", async () => {
    const { directory } = await makeGate("fresh");
    expect((await stat(directory)).mode & 0o777).toBe(0o711);
    const files = (await readdir(directory)).toSorted();
    expect(files).toEqual(["pg_hba.conf", "pg_ident.conf", "sallyport.conf"]);
    for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
    const { stdout } = await sallyport(["rules", "-D", directory, "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject([
      { type: "host", address: "127.0.0.1", netmask: "255.255.255.255", auth_method: "scram-sha-256" },
      { type: "host", address: "::1", auth_method: "scram-sha-256" },
      { type: "local", auth_method: "scram-sha-256" },
    ]);
  });

  test("never touches a directory that is there", async () => {
    const { directory } = await makeGate("taken");
    const before = await readFile(join(directory, "sallyport.conf"), "utf8");
    for (const more of [[], ["--demo"], ["--upstream", "host=/elsewhere"]]) {
      const { status, stderr } = await sallyport(["init", "-D", directory, ...more]);
      expect(status).toBe(2);
      expect(stderr).toContain(`sallyport: error: "${directory}" exists already\nHINT:  `);
    }
    expect(await readFile(join(directory, "sallyport.conf"), "utf8")).toBe(before);
  });

  test("does not take an upstream for a demo", async () => {
    const { status, stderr } = await sallyport([
      "init",
      "-D",
      join(room.path, "both"),
      "--demo",
      "--upstream",
      "x=y",
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("--demo and --upstream exclude each other");
  });
});

describe("serve", () => {
  test("runs a gate until it is told to stop, and leaves nothing", async () => {
    const { directory, port, own } = await makeGate("runs");
    await using gate = await serve(own);
    expect(await login(port)).toEqual({ status: 0, stdout: "app\n", stderr: "" });
    expect((await login(port, { PGPASSWORD: "wrong" })).stderr).toContain("password authentication failed");
    expect((await stat(join(directory, "node.key"))).mode & 0o777).toBe(0o600);
    expect(await gate.stop("SIGTERM")).toBe(0);
    expect(gate.output()).toContain("received smart shutdown request");
    expect(gate.output()).toContain('connection authenticated: identity="app" method=scram-sha-256');
    expect(gate.output()).not.toContain("app-secret");
    expect((await login(port)).stderr).toContain("Connection refused");
    expect(await readdir(join(room.path, "s-runs"))).toEqual([]);
    expect(await readdir(directory)).not.toContain("sallyport.pid");
  });

  test.for(["SIGINT", "SIGQUIT"] as const)("%s ends it too, with exit status 0", async (signal) => {
    const { own } = await makeGate(signal);
    await using gate = await serve(own);
    expect(await gate.stop(signal)).toBe(0);
  });

  test("a second one says who holds the gate", async () => {
    const { directory, own } = await makeGate("held");
    await using first = await serve(own);
    const second = await sallyport(["serve", ...own]);
    expect(second).toEqual({
      status: 2,
      stdout: "",
      stderr:
        `sallyport: error: lock file "${directory}/sallyport.pid" already exists\n` +
        `HINT:  Is another gateway (PID ${first.pid}) running in "${directory}"?\n`,
    });
    await first.stop("SIGKILL");
    // What a killed one left is no obstacle.
    await using third = await serve(own);
    expect(await third.stop("SIGTERM")).toBe(0);
  });

  test("a broken pg_hba.conf is fatal, in PostgreSQL's words", async () => {
    const { directory, own } = await makeGate("broken");
    const file = join(directory, "pg_hba.conf");
    await writeFile(file, "local all all scram-sha-256\nhost all all all scarm # typo\n");
    const { status, stderr } = await sallyport(["serve", ...own]);
    expect(status).toBe(2);
    expect(stderr.replaceAll(/^.*\[\d+\] /gm, "").split("\n")).toEqual([
      'LOG:  invalid authentication method "scarm"',
      `CONTEXT:  line 2 of configuration file "${file}"`,
      `FATAL:  could not load ${file}`,
      `sallyport: error: could not load ${file}`,
      'HINT:  "sallyport check" shows each mistake in its line.',
      "",
    ]);
  });

  test("a broken pg_ident.conf is an empty one", async () => {
    const { directory, port, own } = await makeGate("ident");
    await writeFile(join(directory, "pg_ident.conf"), "only two\n");
    await using gate = await serve(own);
    await expect.poll(() => gate.output()).toContain("missing entry at end of line");
    expect(gate.output()).toMatch(
      /start: \S+pg_hba\.conf loaded, \S+pg_ident\.conf refused; policy sha256=[0-9a-f]{64}\n/,
    );
    // PostgreSQL says this at a reload only: there is nothing that could stay.
    expect(gate.output()).not.toContain("was not reloaded");
    expect((await login(port)).stdout).toBe("app\n");
  });

  test("-C prints one setting", async () => {
    const { directory } = await makeGate("shown");
    expect(await sallyport(["serve", "-D", directory, "-C", "port"])).toEqual({
      status: 0,
      stdout: "6432\n",
      stderr: "",
    });
    const changed = await sallyport(["serve", "-D", directory, "-c", "port=7000", "-C", "PORT"]);
    expect(changed.stdout).toBe("7000\n");
    const wrong = await sallyport(["serve", "-D", directory, "-C", "prot"]);
    expect(wrong).toMatchObject({ status: 2, stdout: "" });
    expect(wrong.stderr).toContain(
      'unrecognized configuration parameter "prot"\nHINT:  Perhaps you meant "port".',
    );
  });

  test("a wrong setting is fatal, and shown where it stands", async () => {
    const { directory } = await makeGate("wrong");
    await writeFile(
      join(directory, "sallyport.conf"),
      "upstream = embedded\nupstream_auth = service\nport = many\n",
    );
    const { status, stderr } = await sallyport(["serve", "-D", directory]);
    expect(status).toBe(2);
    expect(stderr).toContain(
      `${directory}/sallyport.conf:3:8: error: invalid value for parameter "port": "many"`,
    );
    expect(stderr).toContain("    port = many\n           ^^^^\n");
  });

  test("an upstream that sets what only clients set is fatal", async () => {
    const { own } = await makeGate("sets");
    const upstream = `upstream=host=/nowhere user=x application_name=gate options='-c work_mem=1MB' client_encoding=utf8`;
    const { status, stderr } = await sallyport(["serve", ...own, "-c", upstream]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^sallyport: error: "upstream" sets (?:options, client_encoding|client_encoding, options)$/m,
    );
  });

  test("an upstream that is away is fatal, and nothing stays behind", async () => {
    const { directory, own } = await makeGate("away");
    const { status, stderr } = await sallyport([
      "serve",
      ...own,
      "-c",
      `upstream=host=${room.path} user=x dbname=x`,
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^sallyport: error: connection to server on socket /m);
    expect(await readdir(directory)).not.toContain("sallyport.pid");
  });
});

describe("a demo gate", () => {
  test("is made, serves its two roles as its lines say, and stops with its database", async () => {
    const directory = join(room.path, "demo");
    const made = await sallyport(["init", "-D", directory, "--demo"]);
    expect(made).toMatchObject({ status: 0, stderr: "" });
    const passfile = join(directory, "demo.pgpass");
    expect((await stat(passfile)).mode & 0o777).toBe(0o600);
    const port = await freePort();
    const own = [`port=${port}`, `unix_socket_directories=${join(room.path, "s-demo")}`];
    await using gate = await serve(["-D", directory, ...own.flatMap((setting) => ["-c", setting])]);
    const target = ["-h", "127.0.0.1", "-p", String(port), "-d", "shop"];
    const env = { PGPASSFILE: passfile };
    const app = await psql([...target, "-U", "app", "-c", "select count(*) from product"], { env });
    expect(app).toEqual({ status: 0, stdout: "3\n", stderr: "" });
    const intern = await psql([...target, "-U", "intern", "-c", "select 1"], { env });
    expect(intern.stderr).toContain(
      'FATAL:  pg_hba.conf rejects connection for host "127.0.0.1", user "intern"',
    );
    const database = Number(
      (await readFile(join(directory, "embedded/data/postmaster.pid"), "utf8")).split("\n")[0],
    );
    expect(() => process.kill(database, 0)).not.toThrow();
    expect(await gate.stop("SIGTERM")).toBe(0);
    expect(() => process.kill(database, 0)).toThrow(expect.objectContaining({ code: "ESRCH" }));
    for (const password of (await readFile(passfile, "utf8")).matchAll(/[^:]+$/gm)) {
      expect(gate.output() + made.stdout).not.toContain(password[0]);
    }
  });
});
