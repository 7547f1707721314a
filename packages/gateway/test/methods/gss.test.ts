import { afterAll, beforeAll, expect, test } from "vitest";
import { startKdc, startPostgres } from "@sallyport/testkit";
import type { Kdc, TestPostgres, Ticket } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";

let kdc: Kdc;
let ticket: Ticket;
let upstream: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  kdc = await startKdc({ users: ["app"] });
  process.env["KRB5_CONFIG"] = kdc.configuration;
  ticket = await kdc.ticket("app");
  upstream = await startPostgres();
  await run(upstream, setUp);
  gate = await startGate(upstream, {
    hba: "host all all all gss include_realm=0\n",
    conf: `krb_server_keyfile = 'FILE:${kdc.keytab}'\n`,
  });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await upstream?.stop();
  await kdc?.[Symbol.asyncDispose]();
});

test.for(["disable", "prefer", "require"])("psql comes in, gssencmode=%s", async (mode) => {
  const env = { ...ticket.environment, PGGSSENCMODE: mode, PGPASSWORD: "none" };
  const result = await gate.psql("app", ["-c", "\\conninfo", "-c", "select 'in'"], { env });
  console.log(gate.log());
  expect(result).toEqual({});
});
