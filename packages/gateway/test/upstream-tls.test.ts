/** The way upstream in TLS: the catalogue's session, those of roles, and cancel requests, each as the string says. */
import { spawn } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { text } from "node:stream/consumers";
import { certificateAuthority, startPostgres } from "@sallyport/testkit";
import type { CertificateAuthority, IssuedCertificate, TestPostgres } from "@sallyport/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { run, setUp, startGate, until } from "./gate.ts";

/** The upstream takes sessions in TLS alone, of some roles with a certificate, or what their clients know. */
const upstreamHba = `
local all all trust
hostssl all bound,proved all scram-sha-256
hostssl all cleared all password
hostssl all certified all cert map=gate
hostssl all all all trust
`;
const hba = "host all all all trust\n";

let ca: CertificateAuthority;
let own: IssuedCertificate;
let gateway: IssuedCertificate;
let server: TestPostgres;

beforeAll(async () => {
  ca = await certificateAuthority();
  own = await ca.issue({ subject: "/CN=db.example", names: "DNS:db.example" });
  gateway = await ca.issue({ subject: "/CN=gateway" });
  server = await startPostgres({
    tcp: true,
    hba: upstreamHba,
    ident: "gate gateway certified\n",
    ssl: { chain: own.chain, key: own.key, ca: ca.cert },
    settings: { trace_connection_negotiation: "on", log_connections: "on" },
  });
  await run(server, [
    ...setUp,
    "create role certified login",
    "create role bound login password 'bound-secret'",
    "grant select (rolname, rolpassword) on pg_authid to bound",
    "create role proved login password 'proved-secret'",
    "create role cleared login password 'cleared-secret'",
  ]);
});
afterAll(async () => {
  await server?.stop();
  await ca?.remove();
});
afterEach(async () => {
  await present(own);
});

/** From now on the upstream shows this certificate. */
async function present({ chain, key }: IssuedCertificate): Promise<void> {
  await server.writeFile("server.crt", chain);
  await server.writeFile("server.key", key);
  await server.reload();
}

function upstream(more: string): string {
  return `host=db.example hostaddr=127.0.0.1 port=${server.port} user=sallyport dbname=postgres ${more}`;
}

const verified = (more = ""): string => upstream(`sslmode=verify-full sslrootcert=${ca.certFile} ${more}`);

const passthrough = "upstream_auth = passthrough\n";

const encrypted = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()";

describe("sessions", () => {
  test.each(["sslmode=require", "sslmode=prefer", "sslmode=allow", "sslmode=require sslnegotiation=direct"])(
    "of the catalogue and of roles are in TLS: %s",
    async (more) => {
      await using gate = await startGate(server, { hba, upstream: upstream(more) });
      expect((await gate.psql("app", ["-c", encrypted])).stdout).toBe("t|TLSv1.3\n");
      const catalogue =
        "select ssl from pg_stat_ssl natural join pg_stat_activity where application_name = 'sallyport catalogue'";
      expect(await run(server, [catalogue])).toBe("t");
    },
  );

  test("are as long as TLS lets them be: rows of megabytes, both ways", async () => {
    await using gate = await startGate(server, { hba, upstream: verified() });
    const { stdout } = await gate.psql("app", [
      "-c",
      "select length(repeat('x', 10000000)), repeat('y', 3000000)",
    ]);
    expect(stdout.trimEnd()).toHaveLength("10000000|".length + 3_000_000);
    const input = `create temp table t (a text);\ncopy t from stdin;\n${`${"z".repeat(1000)}\n`.repeat(3000)}\\.\nselect count(*), sum(length(a)) from t;\n`;
    expect((await gate.psql("app", ["-q", "-f", "-"], { input })).stdout).toBe("3000|3000000\n");
  });

  test("show the gateway's own certificate, for every role", async () => {
    const more = `sslcert=${gateway.certFile} sslkey=${gateway.keyFile}`;
    await using gate = await startGate(server, { hba, upstream: verified(more) });
    const { stdout } = await gate.psql("certified", ["-c", "select current_user, system_user"]);
    expect(stdout).toBe("certified|cert:CN=gateway\n");
    await using without = await startGate(server, { hba, upstream: verified() });
    expect((await without.psql("certified", ["-c", "select 1"])).stderr).toContain(
      "the database system is not accepting connections",
    );
    expect(await without.logged('role "certified"')).toContain(
      "connection requires a valid client certificate",
    );
  });

  test("end when either side ends", async () => {
    await using gate = await startGate(server, { hba, upstream: verified(), conf: "pool_mode = off" });
    const { stderr } = await gate.psql("app", ["-c", "select pg_terminate_backend(pg_backend_pid())"]);
    expect(stderr).toContain("FATAL:  terminating connection due to administrator command");
    await gate.psql("app", ["-c", "select 1"]);
    const left = "select count(*) from pg_stat_activity where usename = 'app'";
    await until("nobody is left", async () => (await run(server, [left])) === "0");
  });
});

describe("an upstream that is not the one that is meant", () => {
  test("lets no gateway start", async () => {
    const elsewhere = upstream(`sslmode=verify-full sslrootcert=${ca.certFile}`).replace(
      "db.example",
      "other.example",
    );
    await expect(startGate(server, { hba, upstream: elsewhere })).rejects.toThrow(
      'server certificate for "db.example" does not match host name "other.example"',
    );
    await using other = await certificateAuthority({ subject: "/CN=another root" });
    const distrusted = upstream(`sslmode=verify-ca sslrootcert=${other.certFile}`);
    await expect(startGate(server, { hba, upstream: distrusted })).rejects.toThrow(
      "SSL error: certificate verify failed: self-signed certificate in certificate chain",
    );
  });

  test("gets no role's session later on, and the client learns nothing of it", async () => {
    await using gate = await startGate(server, { hba, upstream: verified() });
    await using other = await certificateAuthority({ subject: "/CN=another root" });
    await present(await other.issue({ subject: "/CN=db.example", names: "DNS:db.example" }));
    const { stderr } = await gate.psql("app", ["-c", "select 1"]);
    expect(stderr).toContain("FATAL:  the database system is not accepting connections");
    expect(stderr).not.toMatch(/certificate|SSL error/);
    expect(await gate.logged('role "app"')).toContain("SSL error: certificate verify failed");
    await present(own);
    expect((await gate.psql("app", ["-c", "select 1"])).stdout).toBe("1\n");
  });

  test("and no certificate that is revoked", async () => {
    const { listFile } = await ca.revoke([own]);
    await expect(startGate(server, { hba, upstream: verified(`sslcrl=${listFile}`) })).rejects.toThrow(
      "certificate verify failed: certificate revoked",
    );
  });

  test("a key that others may read is not used", async () => {
    const open = `${gateway.keyFile}.open`;
    await writeFile(open, await readFile(gateway.keyFile));
    await chmod(open, 0o644);
    const more = `sslcert=${gateway.certFile} sslkey=${open}`;
    await expect(startGate(server, { hba, upstream: verified(more) })).rejects.toThrow(
      "has group or world access",
    );
  });
});

describe("channel_binding=require", () => {
  /** The catalogue's own role is asked for a password, too: to trust binds nothing. */
  async function bound(): Promise<string> {
    const passfile = `${ca.certFile}.pgpass`;
    await writeFile(passfile, "*:*:*:bound:bound-secret\n", { mode: 0o600 });
    const options = `channel_binding=require passfile=${passfile}`;
    return verified(options).replace("user=sallyport", "user=bound");
  }

  test("holds for every session", async () => {
    await using gate = await startGate(server, { hba, upstream: await bound() });
    expect((await gate.psql("bound", ["-c", "select system_user"])).stdout).toBe("scram-sha-256:bound\n");
    expect((await gate.psql("app", ["-c", "select 1"])).stderr).toContain("not accepting connections");
    expect(await gate.logged('role "app"')).toContain(
      "channel binding required, but server authenticated client without channel binding",
    );
  });

  test("what a client has proved is bound to the gateway's connection", async () => {
    const options = { hba: "host all all all scram-sha-256\n", upstream: await bound(), conf: passthrough };
    await using gate = await startGate(server, options);
    expect((await gate.psql("proved", ["-c", "select system_user"])).stdout).toBe("scram-sha-256:proved\n");
    const wrong = await gate.psql("proved", ["-c", "select 1"], { env: { PGPASSWORD: "wrong" } });
    expect(wrong.stderr).toContain('password authentication failed for user "proved"');
  });
});

test("a client's password in clear goes to an upstream that is verified, and to no other", async () => {
  const options = { hba: "host all all all password\n", conf: passthrough };
  await using good = await startGate(server, { ...options, upstream: verified() });
  expect((await good.psql("cleared", ["-c", "select system_user"])).stdout).toBe("password:cleared\n");
  await using rash = await startGate(server, { ...options, upstream: upstream("sslmode=require") });
  expect((await rash.psql("cleared", ["-c", "select 1"])).stderr).toContain("not accepting connections");
  expect(await rash.logged('role "cleared"')).toContain(
    "which is given only over TLS with sslmode=verify-ca",
  );
});

describe("a cancel request", () => {
  test.each(["sslmode=require", "sslmode=require sslnegotiation=direct"])("goes in TLS: %s", async (more) => {
    await using gate = await startGate(server, { hba, upstream: upstream(more) });
    const accepted = more.includes("direct") ? "direct SSL connection accepted" : "SSLRequest accepted";
    const psql = spawn("/usr/lib/postgresql/15/bin/psql", ["-X", "-c", "select pg_sleep(60)"], {
      env: {
        PGHOST: "127.0.0.1",
        PGPORT: String(gate.port),
        PGUSER: "app",
        PGDATABASE: "shop",
        PGSSLMODE: "disable",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const asleep =
      "select count(*) from pg_stat_activity where query = 'select pg_sleep(60)' and wait_event = 'PgSleep'";
    await until("it sleeps", async () => (await run(server, [asleep])) === "1");
    const times = async (): Promise<number> => (await server.log()).split(accepted).length;
    const before = await times();
    psql.kill("SIGINT");
    expect(await text(psql.stderr)).toContain("canceling statement due to user request");
    expect(await times()).toBe(before + 1);
  });
});

test("under prefer an upstream without TLS is spoken to in clear, under require it is not", async () => {
  await using plain = await startPostgres({
    tcp: true,
    hba: "local all all trust\nhost all all all trust\n",
  });
  await run(plain, setUp);
  const at = (mode: string): string =>
    `host=127.0.0.1 port=${plain.port} user=sallyport dbname=postgres sslmode=${mode}`;
  await using gate = await startGate(plain, { hba, upstream: at("prefer") });
  expect(
    (await gate.psql("app", ["-c", "select ssl from pg_stat_ssl where pid = pg_backend_pid()"])).stdout,
  ).toBe("f\n");
  await expect(startGate(plain, { hba, upstream: at("require") })).rejects.toThrow(
    "server does not support SSL, but SSL was required",
  );
});

test("requirepeer: only the user that is meant may run the upstream", async () => {
  const name = server.runsAs.kind === "user" ? "postgres" : userInfo().username;
  const at = (user: string): string =>
    `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres requirepeer=${user}`;
  await using gate = await startGate(server, { hba, upstream: at(name) });
  expect((await gate.psql("app", ["-c", "select 1"])).stdout).toBe("1\n");
  await expect(startGate(server, { hba, upstream: at("nobody-else") })).rejects.toThrow(
    `requirepeer specifies "nobody-else", but actual peer user name is "${name}"`,
  );
});
