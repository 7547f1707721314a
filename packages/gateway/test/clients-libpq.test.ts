import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { libpq15, libpq18 } from "./clients/libpq.ts";
import type { Libpq } from "./clients/libpq.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, setUp);
  gate = await startGate(server, { hba: "host all all all scram-sha-256\n" });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** The answer to `select 'in'`, or what psql says, of a connection string. */
async function psql(libpq: Libpq, conninfo: string): Promise<string> {
  const args = ["-d", `dbname=shop ${conninfo}`, "-c", "select 'in'"];
  const { stdout, stderr } = await gate.psql("app", args, { env: libpq.environment });
  return stderr === "" ? stdout.trimEnd() : stderr;
}

describe("what only one libpq knows", () => {
  test.for([
    ["require_auth=scram-sha-256", "came with version 16"],
    ["sslnegotiation=postgres", "came with version 17"],
    ["min_protocol_version=3.0", "came with version 18"],
  ])("%s %s", async ([option = ""]) => {
    expect(await psql(libpq15, option)).toContain(`invalid connection option "${option.split("=")[0]}"`);
    expect(await psql(libpq18, option)).toBe("in");
  });
});

describe("libpq 18", () => {
  test("speaks protocol 3.2, if it must", async () => {
    // Less than that it would refuse.
    expect(await psql(libpq18, "min_protocol_version=3.2 max_protocol_version=3.2")).toBe("in");
  });

  test("finds that SCRAM was asked for, and nothing less", async () => {
    expect(await psql(libpq18, "require_auth=!scram-sha-256")).toContain(
      'authentication method requirement "!scram-sha-256" failed: server requested SCRAM-SHA-256 authentication',
    );
  });

  test("is not let in by direct TLS where there is none", async () => {
    const said = await psql(libpq18, "sslmode=require sslnegotiation=direct");
    expect(said).toMatch(/server closed the connection|SSL SYSCALL error|SSL error/);
  });
});

describe.for([libpq15, libpq18])("$name", (libpq) => {
  test("does without TLS if it may, and without GSSAPI encryption", async () => {
    expect(await psql(libpq, "sslmode=prefer gssencmode=disable")).toBe("in");
    expect(await psql(libpq, "sslmode=allow")).toBe("in");
  });

  test("goes away if it may not", async () => {
    expect(await psql(libpq, "sslmode=require")).toContain(
      "server does not support SSL, but SSL was required",
    );
  });

  test.for(["read-write", "primary", "prefer-standby"])(
    "finds that the session is what target_session_attrs=%s wants",
    async (attributes) => {
      expect(await psql(libpq, `target_session_attrs=${attributes}`)).toBe("in");
    },
  );

  test.for([
    ["standby", "server is not in hot standby mode"],
    ["read-only", "session is not read-only"],
  ])("goes away if target_session_attrs=%s", async ([attributes = "", words = ""]) => {
    expect(await psql(libpq, `target_session_attrs=${attributes}`)).toContain(words);
  });

  test("refuses to bind to a channel that there is not", async () => {
    expect(await psql(libpq, "channel_binding=require")).toContain("channel binding");
  });
});
