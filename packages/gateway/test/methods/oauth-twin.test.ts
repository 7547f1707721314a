import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodeMessage, encodePasswordMessage, encodeSaslInitialResponse } from "@sallyport/wire";
import { libpq15, libpq18 } from "../clients/libpq.ts";
import { hear } from "../clients/oauth-raw.ts";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";

// A PostgreSQL 18 whose validator does not exist: it says all that comes before it would load one.

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  const line = "host all all 127.0.0.1/32 oauth issuer=https://i.example scope=postgres\n";
  server = await startPostgres({
    tcp: true,
    hba: `local all all trust\n${line}`,
    settings: { oauth_validator_libraries: "nothing", log_line_prefix: "%e " },
  });
  await run(server, setUp);
  gate = await startGate(server, {
    hba: line,
    conf: "oauth_validator_libraries = jwt\noauth_audience = x\nlog_connections = off\nlog_disconnections = off\n",
  });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const cases: readonly (readonly [what: string, ...messages: Buffer[]])[] = [
  ["another mechanism", encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from("n,,n=,r=abc"))],
  ["the mechanism in other letters", encodeSaslInitialResponse("oauthbearer", Buffer.from("n,,\x01"))],
  ["no mechanism", encodeSaslInitialResponse("", null)],
  ["a password", encodePasswordMessage("secret")],
  ["a mechanism without its end", encodeMessage("p", Buffer.from("OAUTHBEARER"))],
  ["a query", encodeMessage("Q", Buffer.from("select 1\0"))],
  ["a message that is too long", Buffer.from([0x70, 0, 1, 0, 0]), Buffer.alloc(65_532)],
  ["a length that is none", Buffer.from([0x70, 0, 0, 0, 3])],
];

test.for(cases)("%s: the gateway answers and logs as PostgreSQL 18 does", async ([, ...messages]) => {
  const [before, gateBefore] = [(await server.log()).length, gate.log().length];
  const postgres = await hear({ host: "127.0.0.1", port: server.port }, "app", ...messages);
  const ours = await hear(gate.tcp, "app", ...messages);
  expect(ours).toEqual(postgres);
  expect(ours.at(-1)?.[0]).toBe("E");
  const fatal = (log: string): string[] => log.split("\n").filter((line) => /LOG: {2}inv|FATAL:/.test(line));
  const logged = fatal(gate.log().slice(gateBefore));
  expect(logged).toEqual(fatal((await server.log()).slice(before)));
  expect(logged.length).toBeGreaterThan(0);
});

test.for([libpq15, libpq18])("$name without a token is told the same by both", async ({ environment }) => {
  const env = { ...environment, PGCONNECT_TIMEOUT: "20" };
  const ours = await gate.psql("app", ["-c", "select 1"], { env });
  const theirs = await gate.psql("app", ["-c", "select 1"], { env: { ...env, PGPORT: String(server.port) } });
  expect(ours.status).toBe(2);
  expect(ours.stderr.replaceAll(String(gate.port), "PORT")).toBe(
    theirs.stderr.replaceAll(String(server.port), "PORT"),
  );
});
