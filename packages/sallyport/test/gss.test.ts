import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startKdc } from "@sallyport/testkit";
import type { Kdc } from "@sallyport/testkit";
import { gateHouse } from "./running-gate.ts";
import type { GateHouse } from "./running-gate.ts";

let house: GateHouse;
let kdc: Kdc;

beforeAll(async () => {
  [house, kdc] = await Promise.all([gateHouse(), startKdc({ users: ["app"] })]);
});

afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await kdc?.[Symbol.asyncDispose]();
});

test("status shows who came in by a ticket, and what it encrypts", async () => {
  await using gate = await house.runGate("ticket", {
    hba: "host all app 127.0.0.1/32 gss include_realm=0\n",
    conf: `krb_server_keyfile = 'FILE:${kdc.keytab}'\n`,
  });
  const ticket = await kdc.ticket("app");
  const env = { ...ticket.environment, PGHOST: "127.0.0.1", PGPORT: String(gate.port), PGUSER: "app" };
  const args = ["-XwAtq", "-d", "dbname=postgres gssencmode=require", "-c", "select 'in'", "-f", "-"];
  const psql = spawn("/usr/lib/postgresql/15/bin/psql", args, { env, stdio: ["pipe", "pipe", "inherit"] });
  await once(psql.stdout, "data");
  const { document } = await gate.json("status", "--sessions");
  expect(document).toMatchObject({
    sessions: [
      {
        user: "app",
        identity: "app@EXAMPLE.COM",
        ssl: null,
        gss: { gss_authenticated: true, principal: "app@EXAMPLE.COM", encrypted: true },
      },
    ],
  });
  expect((await gate.command("status", "--sessions")).stdout).toMatch(/ app .* GSSAPI .* app@EXAMPLE\.COM /);
  psql.stdin.end();
  await once(psql, "close");
});
