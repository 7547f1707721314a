import { rm, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { encodeStartupPacket, MessageReader } from "@sallyport/wire";
import { errorResponse, fakeUpstream, script } from "./fake-upstream.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, repliesTo } from "./raw-client.ts";
import type { Login, Target } from "./raw-client.ts";

const hba = "host all guest all trust\nhost all all all scram-sha-256\n";
const notAccepting = ["57P03", "the database system is not accepting connections"];

let server: TestPostgres;
let room: TempDirectory;

beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres(), tempDirectory()]);
  await run(server, [...setUp, "create role guest login"]);
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

async function heard(gate: TestGate, login: Login): Promise<readonly (readonly string[])[]> {
  return heardIn(await repliesTo(gate.tcp, login));
}

describe("the catalogue", () => {
  test("that lost its session opens a new one for the next login", async () => {
    await using gate = await startGate(server, { hba });
    const sessions = "from pg_stat_activity where application_name = 'sallyport catalogue'";
    const first = await run(server, [`select pid ${sessions}`]);
    expect(await run(server, [`select pg_terminate_backend(pid, 10000) ${sessions}`])).toBe("t");
    expect((await gate.psql("app", ["-c", "select 1"])).stdout).toBe("1\n");
    const second = await run(server, [`select pid ${sessions}`]);
    expect(second).toMatch(/^\d+$/);
    expect(second).not.toBe(first);
  });

  test("that is away keeps everybody out, and nobody once it is back", async () => {
    const link = join(room.path, "upstream");
    const old = await startPostgres();
    await run(old, [...setUp, "create role guest login"]);
    await symlink(old.socketDirectory, link);
    const upstream = `host=${link} port=${old.port} user=sallyport dbname=postgres`;
    await using gate = await startGate(null, { hba, upstream });
    expect((await heard(gate, { user: "guest" })).at(-1)).toEqual(["Z"]);
    await old.stop("immediate");
    for (const user of ["app", "guest", "ghost", "app"]) {
      expect(await heard(gate, { user })).toEqual([["E", ...notAccepting]]);
    }
    expect(await gate.logged("57P03 DETAIL")).toContain("The catalogue cannot be asked: ");
    await rm(link);
    await symlink(server.socketDirectory, link);
    expect((await heard(gate, { user: "guest" })).at(-1)).toEqual(["Z"]);
  });

  test("that cannot be reached at the start is an error, and no door stays open", async () => {
    const upstream = `host=${room.path} port=5432 user=sallyport dbname=postgres`;
    await expect(startGate(null, { hba, upstream })).rejects.toThrow("no such file or directory");
  });

  test("warns of a role that is a superuser", async () => {
    const upstream = `host=${server.socketDirectory} port=${server.port} user=postgres dbname=postgres`;
    await using gate = await startGate(server, { hba, upstream });
    expect(gate.log()).toContain('the role of the catalogue, "postgres", is a superuser and need not be\n');
    await using modest = await startGate(server, { hba });
    expect(modest.log()).not.toContain("WARNING");
  });
});

describe("of several hosts", () => {
  test("every session goes to one that target_session_attrs asks for, the catalogue's among them", async () => {
    await using standby = await startPostgres({ files: { "standby.signal": "" } });
    const away = join(room.path, "nobody");
    const hosts = [away, standby.socketDirectory, server.socketDirectory].join(",");
    const upstream = `host=${hosts} port=5432 user=postgres dbname=postgres target_session_attrs=read-write`;
    await using gate = await startGate(server, { hba: `host all postgres all trust\n${hba}`, upstream });
    const { stdout } = await gate.psql("postgres", ["-d", "postgres", "-c", "select pg_is_in_recovery()"]);
    expect(stdout).toBe("f\n");
    expect(await gate.logged("connection authorized: user=postgres")).toContain(
      `upstream=${server.paths.socket} `,
    );
  });

  test("none that will do is 57P03, and the log says why of each", async () => {
    const away = join(room.path, "nobody");
    await using fake = await fakeUpstream(server, script(errorResponse({ C: "57P03", M: "starting up" })));
    const upstream = fake.conninfo.replace("host=", `host=${away},`);
    await using gate = await startGate(server, { hba, upstream });
    expect(await heard(gate, { user: "guest" })).toEqual([["R 0"], ["E", ...notAccepting]]);
    const logged = await gate.logged('role "guest"');
    expect(logged).toContain(`socket "${away}/.s.PGSQL.5432" failed: no such file or directory`);
    expect(logged).toContain(`socket "${fake.path}" failed: FATAL:  starting up`);
  });
});

describe("a startup packet that is full and names no database", () => {
  test.each([
    ["of a session", []],
    ["of a walsender", [["replication", "1"]]],
  ] as const)("%s is let in, as by the server itself", async (_, parameters) => {
    await using direct = await startPostgres({ hba: "local all all trust\nlocal replication all trust\n" });
    await run(direct, [...setUp, "create role walker superuser login", "create database walker"]);
    const rules = `${hba}host replication walker all trust\n`;
    await using gate = await startGate(direct, { hba: rules.replace("guest", "guest,walker") });
    const filled = (length: number) => [
      ["user", "walker"] as const,
      ...parameters,
      ["application_name", "x".repeat(length)] as const,
    ];
    const length = 10_004 - encodeStartupPacket(filled(0)).length;
    const packet = encodeStartupPacket(filled(length));
    expect(packet.readInt32BE(0)).toBe(10_004);
    for (const target of [{ path: direct.paths.socket }, gate.tcp]) {
      expect((await answers(target, packet)).at(-1)).toBe("Z");
    }
  });
});

/** The types of the messages up to ReadyForQuery or an error. */
async function answers(target: Target, packet: Buffer): Promise<readonly string[]> {
  const socket = connect(target);
  const reader = new MessageReader(socket);
  socket.write(packet);
  const types: string[] = [];
  while (types.at(-1) !== "Z" && types.at(-1) !== "E") {
    const { type } = await reader.readMessage(100_000, AbortSignal.timeout(20_000));
    types.push(type);
  }
  reader.release();
  socket.destroy();
  return types;
}

test("an upstream that refuses the gateway itself says why to the log alone", async () => {
  await using strict = await startPostgres({
    hba: "local all postgres,sallyport trust\nlocal all all reject\n",
  });
  await run(strict, [...setUp, "create role guest login"]);
  await using gate = await startGate(strict, { hba });
  expect(await heard(gate, { user: "guest" })).toEqual([["R 0"], ["E", ...notAccepting]]);
  expect(await heard(gate, { user: "app" })).toEqual([
    ["R 10"],
    ["R 11"],
    ["R 12"],
    ["R 0"],
    ["E", ...notAccepting],
  ]);
  expect(await gate.logged('role "app"')).toContain(
    'DETAIL:  The session of role "app" cannot be opened upstream: pg_hba.conf rejects connection for host "[local]"',
  );
});
