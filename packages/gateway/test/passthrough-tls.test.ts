import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateAuthority, startPostgres } from "@sallyport/testkit";
import type { CertificateAuthority, TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { converse, isIn, refusal } from "./attacks/conversation.ts";
import { loginLines, startup } from "./attacks/lines.ts";

// What is passed on over TLS: a proof by SCRAM bound to the upstream's certificate, and a password in clear only if that
// certificate was verified.

let authority: CertificateAuthority;
let other: CertificateAuthority;
let server: TestPostgres;

beforeAll(async () => {
  [authority, other] = await Promise.all([certificateAuthority(), certificateAuthority()]);
  const { chain, key } = await authority.issue({ subject: "/CN=localhost", names: "DNS:localhost" });
  server = await startPostgres({
    tcp: true,
    ssl: { chain, key },
    hba: `local all postgres trust
host all sallyport samehost trust
hostssl scram all samehost scram-sha-256
hostssl clear all samehost password
hostssl nothing all samehost trust
`,
  });
  await run(server, [...setUp, ...["scram", "clear", "nothing"].map((name) => `create database ${name}`)]);
});

afterAll(async () => {
  await server?.stop();
  await authority?.remove();
  await other?.remove();
});

function upstream(host: string, more: string): string {
  return `host=${host} port=${server.port} user=sallyport dbname=postgres ${more}`;
}

/** What becomes of a login: `in`, or the code that the client hears. */
async function outcome(gate: TestGate, database: string, password = "app-secret"): Promise<string> {
  const talk = await converse(gate.tcp, loginLines("app", password, startup("app", database)));
  const [code = ""] = refusal(talk);
  return isIn(talk) && code === "" ? "in" : code;
}

const hba = "host scram all all scram-sha-256\nhost all all all password\n";

const channels = [
  ["localhost", "sslmode=require", false],
  ["localhost", "sslmode=verify-ca", true],
  ["localhost", "sslmode=verify-full", true],
  ["127.0.0.1", "sslmode=require", false],
  ["127.0.0.1", "sslmode=verify-ca", true],
] as const;

describe.each(channels)("upstream host=%s %s", (host, more, verified) => {
  test(`a proof by SCRAM passes; a password in clear does ${verified ? "" : "not "}too`, async () => {
    const roots = verified ? ` sslrootcert=${authority.certFile}` : "";
    await using gate = await startGate(server, {
      hba,
      upstream: upstream(host, more + roots),
      conf: "upstream_auth = passthrough\n",
    });
    expect(await outcome(gate, "scram")).toBe("in");
    expect(await outcome(gate, "scram", "wrong")).toBe("28P01");
    expect(await outcome(gate, "clear")).toBe(verified ? "in" : "57P03");
    expect(await outcome(gate, "clear", "wrong")).toBe("28P01");
    expect(gate.log().includes("given only over TLS with sslmode=verify-ca")).toBe(!verified);
    expect(gate.log()).not.toContain("app-secret");
  });
});

test("a proof is bound to the upstream's certificate, if that is asked for", async () => {
  const hba = "local all postgres trust\nhostssl all all samehost scram-sha-256\n";
  const { chain, key } = await authority.issue({ subject: "/CN=localhost", names: "DNS:localhost" });
  await using strict = await startPostgres({ tcp: true, ssl: { chain, key }, hba });
  await run(strict, [...setUp, "alter role sallyport password 'own-secret'"]);
  const more = "password=own-secret sslmode=require channel_binding=require";
  await using gate = await startGate(strict, {
    hba: "host all all all scram-sha-256\n",
    upstream: `host=localhost port=${strict.port} user=sallyport dbname=postgres ${more}`,
    conf: "upstream_auth = passthrough\n",
  });
  expect(await outcome(gate, "shop")).toBe("in");
  expect(await outcome(gate, "shop", "wrong")).toBe("28P01");
});

test("a certificate of the client is nothing to pass on: the upstream has to ask for nothing", async () => {
  const door = await authority.issue({ subject: "/CN=localhost" });
  const client = await authority.issue({ subject: "/CN=app" });
  const files = {
    ssl_cert_file: door.chainFile,
    ssl_key_file: door.keyFile,
    ssl_ca_file: authority.certFile,
  };
  const lines = Object.entries(files).map(([name, file]) => `${name} = '${file}'\n`);
  const more = `sslmode=verify-full sslrootcert=${authority.certFile}`;
  await using gate = await startGate(server, {
    hba: "hostssl all all all cert\n",
    upstream: upstream("localhost", more),
    conf: `upstream_auth = passthrough\nssl = on\n${lines.join("")}`,
  });
  const env = { PGSSLMODE: "require", PGSSLCERT: client.certFile, PGSSLKEY: client.keyFile };
  const inside = await gate.psql("app", ["-c", "select 1"], { env: { ...env, PGDATABASE: "nothing" } });
  expect(inside).toMatchObject({ status: 0, stdout: "1\n" });
  const outside = await gate.psql("app", ["-c", "select 1"], { env: { ...env, PGDATABASE: "scram" } });
  expect(outside.stderr).toContain("FATAL:  the database system is not accepting connections");
  expect(await gate.logged("57P03 FATAL")).toContain("method cert leaves nothing to pass on");
});

test("the session that was opened so is encrypted", async () => {
  const conf = "upstream_auth = passthrough\n";
  const more = `sslmode=verify-full sslrootcert=${authority.certFile}`;
  await using gate = await startGate(server, { hba, upstream: upstream("localhost", more), conf });
  const sql = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()";
  const { stdout } = await gate.psql("app", ["-c", sql], { env: { PGDATABASE: "scram" } });
  expect(stdout).toBe("t|TLSv1.3\n");
});

describe("auth_source = upstream", () => {
  const conf = "upstream_auth = passthrough\nauth_source = upstream\n";
  const clear = "host all all all password\n";

  test("has passwords judged over verified TLS", async () => {
    const more = `sslmode=verify-full sslrootcert=${authority.certFile}`;
    await using gate = await startGate(server, { hba: clear, upstream: upstream("localhost", more), conf });
    for (const database of ["scram", "clear"]) {
      expect(await outcome(gate, database)).toBe("in");
      expect(await outcome(gate, database, "wrong")).toBe("28P01");
    }
    expect(await outcome(gate, "nothing")).toBe("57P03");
  });

  test.each(["sslmode=require", "sslmode=prefer", ""])("does not start with %j", async (more) => {
    const started = startGate(server, { hba: clear, upstream: upstream("localhost", more), conf });
    await expect(started).rejects.toThrow("over a connection that is not verified");
  });

  test("does not start before a server of another authority", async () => {
    const more = `sslmode=verify-ca sslrootcert=${other.certFile}`;
    const started = startGate(server, { hba: clear, upstream: upstream("localhost", more), conf });
    await expect(started).rejects.toThrow("certificate verify failed");
  });
});
