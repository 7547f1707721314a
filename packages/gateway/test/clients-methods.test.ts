import { userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { allClients } from "./clients/all-clients.ts";
import type { Client, Login } from "./clients/client.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

const us = userInfo().username;
const hba = `# TYPE DATABASE USER ADDRESS METHOD
host  all  free        all  trust
host  all  plain       all  password
host  all  challenged  all  md5
host  all  upgraded    all  md5
host  all  app         all  scram-sha-256
local all  "${us}"          peer
local all  app              peer map=m
local all  all              md5
`;

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, [
    ...setUp,
    `create role "${us}" login`,
    "create role free login",
    "create role plain login password 'plain-secret'",
    "create role upgraded login password 'upgraded-secret'",
    "set password_encryption = 'md5'",
    "create role challenged login password 'challenged-secret'",
  ]);
  gate = await startGate(server, { hba, ident: `m "${us}" app\n` });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

function overTcp(user: string, password?: string): Login {
  const login = { host: "127.0.0.1", port: gate.port, user, database: "shop" };
  return password === undefined ? login : { ...login, password };
}

/** The role that a session has. */
async function roleOf({ connect }: Client, login: Login): Promise<readonly string[]> {
  const { query, end } = await connect(login);
  const role = await query("select current_user");
  await end();
  return role;
}

describe.for(allClients)("$name", (client) => {
  test.for([
    ["password", "plain"],
    ["md5, with an MD5 secret", "challenged"],
    ["md5, with a SCRAM secret", "upgraded"],
    ["scram-sha-256", "app"],
  ])("by %s", async ([, user = ""]) => {
    expect(await roleOf(client, overTcp(user, `${user}-secret`))).toEqual([user]);
    await expect(roleOf(client, overTcp(user, "wrong"))).rejects.toThrow(
      `password authentication failed for user "${user}"`,
    );
  });

  test("by trust, without a password", async () => {
    expect(await roleOf(client, overTcp("free"))).toEqual(["free"]);
  });

  test("by peer, over the Unix socket, as itself and by a map", async () => {
    expect(await roleOf(client, { ...overTcp(us), host: gate.socketDirectory })).toEqual([us]);
    expect(await roleOf(client, { ...overTcp("app"), host: gate.socketDirectory })).toEqual(["app"]);
  });

  test("and not as a role that does not exist, in the same words as one whose password is wrong", async () => {
    const login = { ...overTcp("ghost", "x"), host: gate.socketDirectory };
    await expect(roleOf(client, login)).rejects.toThrow('password authentication failed for user "ghost"');
  });
});
