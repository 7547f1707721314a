import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, repliesTo } from "./raw-client.ts";
import type { Login } from "./raw-client.ts";

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
