import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ldapLimits } from "@sallyport/methods";
import { certificateAuthority, freePort, startPostgres, startSlapd } from "@sallyport/testkit";
import type { CertificateAuthority, Slapd, TestPostgres } from "@sallyport/testkit";
import { systemLdap } from "../../src/index.ts";
import { serviceLookUp } from "../../src/resolver/index.ts";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { startFakeDirectory } from "./fake-directory.ts";
import { people } from "./ldap-twins.ts";

let server: TestPostgres;
let slapd: Slapd;
let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await certificateAuthority();
  const tls = await authority.issue({ subject: "/CN=localhost", names: "DNS:localhost,IP:127.0.0.1" });
  slapd = await startSlapd({ ldif: people, tls });
  server = await startPostgres();
  await run(server, [...setUp, "create role test1 login"]);
});
afterAll(async () => {
  await server?.stop();
  await slapd?.stop();
  await authority?.remove();
});

const env = { PGPASSWORD: "secret1" };

async function status(gate: TestGate): Promise<number | null> {
  return (await gate.psql("test1", ["-c", "select 1"], { env })).status;
}

test("a server that is silent in the handshake is passed over for the next one", async () => {
  await using silent = await startFakeDirectory(() => undefined, { host: "127.0.0.2", port: slapd.tlsPort });
  const rule = `ldapserver="127.0.0.2 127.0.0.1" ldapport=${slapd.tlsPort} ldapscheme=ldaps`;
  await using gate = await startGate(server, {
    hba: `host all all all ldap ${rule} ldapbasedn="dc=example,dc=net"\n`,
    ldap: {
      ...systemLdap({ LDAPTLS_CACERT: authority.certFile }),
      limits: { ...ldapLimits, connect: 1000 },
    },
  });
  expect(await status(gate)).toBe(0);
  // Once for the search, and with PostgreSQL 18's ways for the last bind, too.
  expect(silent.connections()).toBe(1);
});

test("one slow directory delays nobody who asks another one", async () => {
  await using silent = await startFakeDirectory(() => undefined);
  await using gate = await startGate(server, {
    hba: `host postgres all all ldap ldapserver=127.0.0.1 ldapport=${silent.port} ldapprefix="uid="
host all all all ldap ldapserver=localhost ldapport=${slapd.port} ldapbasedn="dc=example,dc=net"\n`,
    conf: "auth_service_limit = 1\nauth_service_queue = 0\nauthentication_timeout = 20\n",
  });
  const slow = gate.psql("test1", ["-d", "postgres", "-c", "select 1"], { env, timeoutMs: 15_000 });
  while (silent.asked.length === 0) await new Promise(setImmediate);
  expect(await status(gate)).toBe(0);
  const third = await gate.psql("test1", ["-d", "postgres", "-c", "select 1"], { env });
  expect(third.stderr).toContain('LDAP authentication failed for user "test1"');
  expect(gate.log()).toContain('LOG:  too many logins wait for LDAP server "127.0.0.1"\n');
  await gate.gateway.stop("immediate");
  expect((await slow).status).toBe(2);
});

describe("without ldapserver, servers are found by the SRV records", () => {
  let names: { readonly address: string; readonly stop: () => Promise<void> };
  beforeAll(async () => {
    names = await startNames([
      // Nobody listens at the one to be tried first.
      `--srv-host=_ldap._tcp.example.net,localhost,1,1,0`,
      `--srv-host=_ldap._tcp.example.net,localhost,${slapd.port},2,0`,
      `--srv-host=_ldap._tcp.tls.example.net,localhost,${slapd.tlsPort},0,5`,
      "--srv-host=_ldap._tcp.none.example.net",
      "--local=/example.net/",
    ]);
  });
  afterAll(async () => {
    await names?.stop();
  });

  async function gateFor(options: string): Promise<TestGate> {
    return await startGate(server, {
      hba: `host all all all ldap ${options}\n`,
      ldap: {
        ...systemLdap({ LDAPTLS_CACERT: authority.certFile }),
        servicesOf: serviceLookUp([names.address]),
      },
    });
  }

  test("in the order of their priorities", async () => {
    await using gate = await gateFor('ldapbasedn="dc=example,dc=net"');
    expect(await status(gate)).toBe(0);
    expect(gate.log()).toContain('identity="uid=test1,dc=example,dc=net" method=ldap');
  });

  test("and the log has no name for them, as in PostgreSQL", async () => {
    await using gate = await gateFor('ldapbasedn="dc=example,dc=net"');
    await gate.psql("test1", ["-c", "select 1"], { env: { PGPASSWORD: "wrong" } });
    expect(gate.log()).toContain(
      'LDAP login failed for user "uid=test1,dc=example,dc=net" on server "": Invalid credentials',
    );
  });

  test("with TLS, if the scheme says so", async () => {
    await using gate = await gateFor('ldapbasedn="dc=tls,dc=example,dc=net" ldapscheme=ldaps');
    expect(await status(gate)).toBe(2);
    // It was asked: the directory has no such base.
    expect(gate.log()).toContain('on server "": No such object');
  });

  test.for(["dc=none,dc=example,dc=net", "dc=absent,dc=example,dc=net"])("none for %s", async (base) => {
    await using gate = await gateFor(`ldapbasedn="${base}"`);
    expect(await status(gate)).toBe(2);
    expect(gate.log()).toMatch(
      /could not find DNS SRV records for "\w+\.example\.net"\n.*HINT: {2}Set an LDAP server name explicitly\.\n/,
    );
  });

  test.for(["o=example", "dc=example,o=net"])("and a base without a domain, %s, names none", async (base) => {
    await using gate = await gateFor(`ldapbasedn="${base}"`);
    expect(await status(gate)).toBe(2);
    expect(gate.log()).toContain("LOG:  could not extract domain name from ldapbasedn\n");
  });
});

/** A real dnsmasq that knows these records and nothing else. */
async function startNames(
  records: readonly string[],
): Promise<{ readonly address: string; readonly stop: () => Promise<void> }> {
  const port = await freePort(["127.0.0.1"]);
  const place = [`--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces"];
  const alone = [
    "--no-hosts",
    "--no-resolv",
    "--pid-file=",
    "--user=root",
    "--log-facility=-",
    "--cache-size=0",
  ];
  const args = ["--keep-in-foreground", "--conf-file=/dev/null", ...alone, ...place, ...records];
  const dnsmasq = spawn("/usr/sbin/dnsmasq", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(dnsmasq, "exit");
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  let said = "";
  dnsmasq.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes("started")) resolve();
  });
  await Promise.race([ready, ended]);
  if (!said.includes("started")) throw new Error(`dnsmasq did not start: ${said}`);
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      dnsmasq.kill();
      await ended;
    },
  };
}
