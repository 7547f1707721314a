import { appendFile, chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asOsUser, command } from "@sallyport/testkit";
import { commandLine, sallyport } from "./cli.ts";
import { gateHouse, trust } from "./running-gate.ts";
import type { GateHouse } from "./running-gate.ts";

let house: GateHouse;

beforeAll(async () => {
  house = await gateHouse();
});

afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
});

async function sha256sum(file: string): Promise<string> {
  return (await command("sha256sum", [file])).stdout.slice(0, 64);
}

describe("status", () => {
  test("says in a dozen lines what runs, and that it is what lies on the disk", async () => {
    await using gate = await house.runGate("plain");
    const { running } = gate;
    const { status, stdout, stderr } = await gate.command("status");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines[0]).toMatch(
      new RegExp(
        String.raw`^sallyport \d+\.\d+\.\d+ runs: process ${running.pid}, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$`,
      ),
    );
    expect(stdout).toMatch(/^ {2}listening +127\.0\.0\.1:\d+$/m);
    expect(stdout).toMatch(/^ {2}upstream +host=\S+ port=\d+ user=sallyport dbname=postgres$/m);
    expect(stdout).toMatch(/^ {2}catalogue +answers$/m);
    expect(stdout).toMatch(/^ {2}connections +0 sessions, 0 strangers; 0 of 100 slots$/m);
    expect(stdout).toMatch(/^ {2}last reload +none since the start$/m);
    expect(stdout).toContain(`as on disk; sha256 ${await sha256sum(gate.hba)}\n`);
  });

  test("compares each file with the disk by what sha256sum says of it", async () => {
    await using gate = await house.runGate("differs");
    const live = await sha256sum(gate.hba);
    await appendFile(gate.hba, "local all all reject\n");
    const differs = await gate.json("status");
    expect(differs).toMatchObject({
      status: 1,
      document: {
        policy: {
          hba: { sha256: live, disk: { sha256: await sha256sum(gate.hba), loads: true, equal: false } },
          ident: { disk: { equal: true } },
        },
      },
    });
    expect((await gate.command("status")).stdout).toMatch(
      /pg_hba\.conf +differs from the one on disk, which a reload would take; sha256 /,
    );
    expect(await gate.command("reload")).toMatchObject({ status: 0 });
    expect(await gate.json("status")).toMatchObject({
      status: 0,
      document: { policy: { hba: { sha256: await sha256sum(gate.hba), disk: { equal: true } } } },
    });
  });

  test("tells of a file that would not load, and of settings that a reload or a restart would change", async () => {
    await using gate = await house.runGate("pending");
    await appendFile(gate.hba, "nonsense\n");
    await appendFile(gate.conf, "authentication_timeout = 7s\nmax_connections = 7\n");
    const { status, stdout } = await gate.command("status");
    expect(status).toBe(1);
    expect(stdout).toContain("differs from the one on disk, which cannot be loaded");
    expect(stdout).toContain('\nHINT:  "sallyport check" says what is wrong with the files on the disk.\n');
    expect(stdout).toContain(
      "a reload would change authentication_timeout; a restart would change max_connections",
    );
    await appendFile(gate.conf, "max_connections = many\n");
    const broken = await gate.command("status");
    expect(broken).toMatchObject({ status: 1, stderr: "" });
    expect(broken.stdout).toMatch(/sallyport\.conf +cannot be loaded as it is on disk\n/);
  });

  test("shows what a reload refused a file for as long as the file cannot be loaded", async () => {
    await using gate = await house.runGate("mended");
    await gate.write("pg_hba.conf", "host all all all scarm\n");
    await gate.command("reload");
    expect((await gate.command("status")).stdout).toContain(
      `\nAt the last reload:\n${gate.hba}:1:18: error: invalid authentication method "scarm"\n`,
    );
    await gate.write("pg_hba.conf", trust);
    const { status, stdout } = await gate.command("status");
    expect(status).toBe(0);
    expect(stdout).toMatch(/last reload +.*pg_hba\.conf refused/);
    expect(stdout).not.toContain("scarm");
    expect(stdout).not.toContain("HINT");
  });

  test("--rules counts what became of logins by each line since its file was loaded", async () => {
    await using gate = await house.runGate("counts", {
      hba: `# Nobody else.\nhost all intern all reject\n\t${trust.replace(" 127", "\t127")}`,
    });
    const session = await gate.session();
    await expect(gate.session("again").then(async (again) => await again.close())).resolves.toBeUndefined();
    await expect(gate.session("x", "intern")).rejects.toThrow("pg_hba.conf rejects connection");
    const { stdout } = await gate.command("status", "--rules");
    expect(stdout).toMatch(/^rule +admitted +refused +line$/m);
    expect(stdout).toMatch(/^pg_hba\.conf:2 +0 +1 +host all intern all reject$/m);
    expect(stdout).toMatch(/^pg_hba\.conf:3 +2 +0 +host all all 127\.0\.0\.1\/32 trust$/m);
    await gate.command("reload");
    expect((await gate.command("status", "--rules")).stdout).toMatch(/^pg_hba\.conf:3 +2 +0 /m);
    await appendFile(gate.hba, "# Loaded anew.\n");
    await gate.command("reload");
    expect((await gate.json("status", "--rules")).document).toMatchObject({
      rules: [
        { rule_number: 1, file_name: gate.hba, line_number: 2, admitted: 0, refused: 0 },
        { rule_number: 2, line_number: 3, line: "host all all\t127.0.0.1/32 trust", admitted: 0 },
      ],
    });
    await session.close();
  });

  test("--sessions tells who is in, by which line, and which session is behind it", async () => {
    await using gate = await house.runGate("sessions");
    const { running } = gate;
    const session = await gate.session("night shift");
    const { rows } = await session.query("select pg_backend_pid()", [], { timeout: 10_000 });
    const backend = rows[0]?.[0] ?? "";
    const { document } = await gate.json("status", "--sessions");
    expect(document).toMatchObject({
      connections: { sessions: 1, strangers: 0, slots_taken: 1 },
      pool: { in_use: 1, idle: 0, waiting: 0, opened: 1, reused: 0, spoilt: 0 },
      sessions: [
        {
          stage: "session",
          client_addr: "127.0.0.1",
          user: "app",
          database: "postgres",
          application_name: "night shift",
          replication: false,
          rule: { file_name: gate.hba, line_number: 1, method: "trust" },
          identity: null,
          upstream: { pid: Number(backend) },
        },
      ],
    });
    const { stdout } = await gate.command("status", "--sessions");
    expect(stdout).toMatch(
      new RegExp(
        String.raw`^\d+ +app +postgres +night shift +127\.0\.0\.1:\d+ .* session +pg_hba\.conf:1 +trust +- .* ${backend}$`,
        "m",
      ),
    );
    const shown = /^(\d+) +app/m.exec(stdout)?.[1];
    expect(running.output()).toContain(`[${shown}] LOG:  connection authorized: user=app`);
    await session.close();
  });

  test("shows no password of the upstream's connection string, and moves no cursor for a client", async () => {
    await using gate = await house.runGate("secret", { upstream: " password=hush" });
    const session = await gate.session("x", "app", "app\u001b[2J").catch((error: unknown) => String(error));
    expect(session).toContain("does not exist");
    for (const format of ["text", "json"]) {
      const { stdout } = await gate.command("status", "--rules", "--sessions", "--format", format);
      expect(stdout).toContain("password=***");
      expect(stdout).not.toContain("hush");
      expect(stdout).not.toContain("\u001b");
    }
  });

  test("says why the catalogue does not answer, and stop ends a gateway without an upstream all the same", async () => {
    await using lost = await gateHouse();
    await using gate = await lost.runGate("lost");
    await lost.stopServer();
    const { document } = await gate.json("status");
    expect(document).toMatchObject({ upstream: { catalogue: "fails" } });
    expect((await gate.command("status")).stdout).toMatch(
      /^ {2}catalogue +fails: connection to server on socket .* failed: /m,
    );
    expect(await gate.command("stop")).toMatchObject({ status: 0 });
  });

  test("answers in a gate that lies deeper than the address of a socket may be long", async () => {
    const gate = await house.makeGate("d".repeat(180));
    expect(join(gate.directory, "control.sock").length).toBeGreaterThan(108);
    await using running = await gate.serve();
    expect(await gate.json("status")).toMatchObject({ status: 0, document: { pid: running.pid } });
    expect(await gate.command("stop")).toMatchObject({ status: 0 });
  });

  test("finds the gateway whose sallyport.conf has been broken, or moved its data directory, since", async () => {
    const gate = await house.makeGate("broken", { conf: "data_directory = data\n" });
    await command("mkdir", [join(gate.directory, "data")]);
    await using running = await gate.serve();
    await appendFile(gate.conf, "port = soon\n no value\n");
    expect(await gate.json("status")).toMatchObject({
      status: 1,
      document: { pid: running.pid, settings: { pending_reload: null } },
    });
    expect(await gate.command("reload")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(':8: error: invalid value for parameter "port": "soon"') as string,
    });
    // What holds the socket will do, too.
    const data = await sallyport(["status", "-D", join(gate.directory, "data")]);
    expect(data.stdout).toContain(`process ${running.pid}`);
  });

  test("says that nothing runs; a killed gateway does not", async () => {
    const gate = await house.makeGate("killed");
    const nothing = {
      status: 1,
      stdout: "",
      stderr: `sallyport: error: no gateway runs in "${gate.directory}"\n`,
    };
    expect(await gate.command("status")).toEqual(nothing);
    const running = await gate.serve();
    await running.stop("SIGKILL");
    expect(await gate.command("status")).toEqual(nothing);
    expect(await gate.command("reload")).toMatchObject({ status: 2 });
    await using again = await gate.serve();
    expect(await gate.json("status")).toMatchObject({ status: 0, document: { pid: again.pid } });
  });

  test("takes the directory from SALLYPORT_GATE, and none without", async () => {
    const gate = await house.makeGate("environment");
    const env = { SALLYPORT_GATE: gate.directory };
    expect(await sallyport(["status"], { env })).toMatchObject({
      stderr: expect.stringContaining(`no gateway runs in "${gate.directory}"`) as string,
    });
    expect(await sallyport(["status"])).toMatchObject({ status: 2 });
    expect(await sallyport(["status", "-D", "/nowhere"])).toMatchObject({
      status: 1,
      stderr: 'sallyport: error: there is no directory "/nowhere"\n',
    });
  });

  test.skipIf(process.geteuid?.() !== 0)(
    "tells another user nothing, not even that nothing runs",
    async () => {
      const gate = await house.makeGate("closed");
      const hint = "HINT:  Only root and the user who runs the gateway may ask it.\n";
      const asNobody = async (name: string): Promise<unknown> =>
        await asOsUser("nobody", process.execPath, [...commandLine, name, "-D", gate.directory], {
          timeoutMs: 60_000,
        });
      expect(await asNobody("status")).toMatchObject({
        status: 2,
        stdout: "",
        stderr: `sallyport: error: permission denied for "${gate.conf}"\n${hint}`,
      });
      await using running = await gate.serve();
      expect(await asNobody("status")).toMatchObject({
        status: 2,
        stderr: `sallyport: error: permission denied for the gateway in "${gate.directory}"\n${hint}`,
      });
      await chmod(join(gate.directory, "control.sock"), 0o666);
      for (const [name, status] of [
        ["status", 2],
        ["reload", 2],
        ["stop", 1],
      ] as const) {
        expect(await asNobody(name)).toMatchObject({
          status,
          stderr: expect.stringContaining("permission denied") as string,
        });
      }
      expect(running.output()).toContain("control socket: user ID 65534 was refused");
      expect(running.output()).not.toContain("shutdown");
    },
  );
});
