import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateAuthority, startPostgres, startSlapd, tempDirectory } from "@sallyport/testkit";
import type { CertificateAuthority, Slapd, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { systemLdap } from "../../src/index.ts";
import { run, setUp, startGate } from "../gate.ts";
import { people, startLdapTwins } from "./ldap-twins.ts";
import type { LdapTwins } from "./ldap-twins.ts";

let authority: CertificateAuthority;
let slapd: Slapd;
beforeAll(async () => {
  authority = await certificateAuthority();
  const tls = await authority.issue({
    subject: "/CN=localhost",
    names: "DNS:localhost",
    usage: "serverAuth",
  });
  slapd = await startSlapd({ ldif: people, tls });
});
afterAll(async () => {
  await slapd?.stop();
  await authority?.remove();
});

const base = 'ldapbasedn="dc=example,dc=net"';

describe("with a certificate that is to be trusted, the gate and PostgreSQL", () => {
  let twins: LdapTwins;
  beforeAll(async () => {
    const tls = await authority.issue({ subject: "/CN=localhost", names: "DNS:localhost,IP:127.0.0.1" });
    twins = await startLdapTwins({
      slapd: { tls },
      authority: authority.cert,
      gate: { ldap: systemLdap({ LDAPTLS_CACERT: authority.certFile }) },
    });
  });
  afterAll(async () => {
    await twins?.[Symbol.asyncDispose]();
  });
  const filled = (rule: string): string =>
    rule.replaceAll("TLSPORT", String(twins.slapd.tlsPort)).replaceAll("PORT", String(twins.slapd.port));

  test.for([
    `ldapserver=127.0.0.1 ldapport=PORT ldaptls=1 ${base}`,
    'ldapserver=127.0.0.1 ldapport=PORT ldaptls=1 ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"',
    `ldapserver=127.0.0.1 ldapport=TLSPORT ldapscheme=ldaps ${base}`,
    'ldapurl="ldaps://127.0.0.1:TLSPORT/dc=example,dc=net?uid?sub"',
    'ldapurl="ldap://127.0.0.1:PORT/dc=example,dc=net?uid?sub" ldaptls=1',
  ])("let in and keep out the same: %s", async (rule) => {
    await twins.arrange(filled(rule));
    const right = await twins.knock("test1", "secret1");
    expect(right.gate).toEqual(right.postgres);
    expect(right.gate).toMatchObject({ status: 0, said: "in" });
    const wrong = await twins.knock("test1", "wrong");
    expect(wrong.gate).toEqual(wrong.postgres);
    expect(wrong.gate.logged[0]).toContain("Invalid credentials");
  });

  test.for([
    `ldapurl="ldaps://127.0.0.1:TLSPORT/dc=example,dc=net?uid?sub" ldaptls=1`,
    `ldapserver=127.0.0.1 ldapport=PORT ldapscheme=ldaps ${base}`,
    `ldapserver=127.0.0.1 ldapport=TLSPORT ${base}`,
  ])("refuse in the same words: %s", async (rule) => {
    await twins.arrange(filled(rule));
    const { gate, postgres } = await twins.knock("test1", "secret1");
    expect([gate.said, gate.logged[0], gate.logged.at(-1)]).toEqual([
      postgres.said,
      postgres.logged[0],
      postgres.logged.at(-1),
    ]);
  });

  test("StartTLS is the first thing that is said", async () => {
    await twins.arrange(filled(`ldapserver=127.0.0.1 ldapport=PORT ldaptls=1 ${base}`));
    const before = twins.slapd.log().length;
    await twins.gate().psql("test1", ["-c", "select 1"], { env: { PGPASSWORD: "secret1" } });
    const said = twins.slapd.log().slice(before);
    const connections = [...said.matchAll(/conn=(\d+) fd=\d+ ACCEPT/g)].map(([, number]) => number);
    // One for the search, and one for the last bind.
    expect(connections).toHaveLength(2);
    for (const number of connections) {
      const own = said.split("\n").filter((line) => line.includes(` conn=${number} `));
      const steps = own.flatMap(
        (line) => /STARTTLS|TLS established|BIND(?= dn=.* method=)/.exec(line)?.[0] ?? [],
      );
      expect(steps).toEqual(["STARTTLS", "TLS established", "BIND"]);
      expect(own.find((line) => line.includes(" op=0 "))).toContain("EXT oid=1.3.6.1.4.1.1466.20037");
    }
  });
});

describe("no password goes to a server", () => {
  let server: TestPostgres;
  let room: TempDirectory;
  beforeAll(async () => {
    room = await tempDirectory();
    server = await startPostgres();
    await run(server, [...setUp, "create role test1 login"]);
  });
  afterAll(async () => {
    await server?.stop();
    await room?.remove();
  });

  /** What the log says when test1 tries both ways. */
  async function tried(host: string, environment: Record<string, string>, conf?: string): Promise<string> {
    const file = join(room.path, "ldap.conf");
    if (conf !== undefined) await writeFile(file, conf);
    const named: Record<string, string> = conf === undefined ? {} : { LDAPCONF: file };
    await using gate = await startGate(server, {
      hba: [
        `host shop all all ldap ldapserver=${host} ldapport=${slapd.port} ldaptls=1 ${base}`,
        `host all all all ldap ldapserver=${host} ldapport=${slapd.tlsPort} ldapscheme=ldaps ${base}\n`,
      ].join("\n"),
      ldap: systemLdap({ ...environment, ...named }),
    });
    const before = slapd.log().length;
    const env = { PGPASSWORD: "secret1" };
    for (const database of ["shop", "postgres"]) {
      const { stderr } = await gate.psql("test1", ["-d", database, "-c", "select 1"], { env });
      expect(stderr).toContain('LDAP authentication failed for user "test1"');
    }
    expect(slapd.log().slice(before)).not.toContain("BIND");
    const log = gate.log();
    expect(log).toContain("could not start LDAP TLS session: Connect error\n");
    expect(log).toContain('could not perform initial LDAP bind for ldapbinddn "" on server "');
    expect(log).toContain("Can't contact LDAP server\n");
    const [, one, two] = /diagnostics: (.*)\n[^]*diagnostics: (.*)\n/.exec(log) ?? [];
    expect(one).toBe(two);
    return one ?? "";
  }

  test("whose authority is another one", async () => {
    await using other = await certificateAuthority({ subject: "/CN=other" });
    expect(await tried("localhost", { LDAPTLS_CACERT: other.certFile })).toContain(
      "unable to verify the first certificate",
    );
  });

  test("whose certificate is for another name", async () => {
    const said = await tried("127.0.0.1", { LDAPTLS_CACERT: authority.certFile });
    expect(said).toContain("IP: 127.0.0.1 is not in the cert's list");
  });

  test("when there is no authority to trust", async () => {
    expect(await tried("localhost", { LDAPNOINIT: "" })).toBe(
      "no certificate authority is trusted: set TLS_CACERT in ldap.conf, or LDAPTLS_CACERT",
    );
    expect(await tried("localhost", { LDAPTLS_CACERT: "/nowhere/ca.pem" })).toBe(
      'could not read TLS_CACERT "/nowhere/ca.pem": No such file or directory',
    );
    const empty = join(room.path, "empty.pem");
    await writeFile(empty, "");
    expect(await tried("localhost", { LDAPTLS_CACERT: empty })).toBe(
      `TLS_CACERT "${empty}" holds no certificate that can be read`,
    );
  });

  test.for(["never", "allow", "try"])("when TLS_REQCERT is %s", async (value) => {
    const trusting = { LDAPTLS_CACERT: authority.certFile };
    expect(await tried("localhost", { ...trusting, LDAPTLS_REQCERT: value })).toBe(
      `TLS_REQCERT ${value} in the environment is not supported`,
    );
    expect(await tried("localhost", trusting, `# comment\ntls_reqcert\t${value}\n`)).toBe(
      `TLS_REQCERT ${value} in ${join(room.path, "ldap.conf")} is not supported`,
    );
  });
});

test("what ldap.conf says is read anew for each login", async () => {
  await using room = await tempDirectory();
  await using server = await startPostgres();
  await run(server, [...setUp, "create role test1 login"]);
  const file = join(room.path, "ldap.conf");
  const rule = `ldapserver=localhost ldapport=${slapd.tlsPort} ldapscheme=ldaps ${base}`;
  await writeFile(file, "");
  await using gate = await startGate(server, {
    hba: `host all all all ldap ${rule}\n`,
    ldap: systemLdap({ LDAPCONF: file }),
  });
  const env = { PGPASSWORD: "secret1" };
  expect((await gate.psql("test1", ["-c", "select 1"], { env })).status).toBe(2);
  await writeFile(file, `TLS_CACERT ${authority.certFile}\nTLS_REQCERT demand\nTLS_PROTOCOL_MIN 3.4\n`);
  expect((await gate.psql("test1", ["-c", "select 1"], { env })).status).toBe(0);
});

test("a server that has TLS 1.2 at most is none where TLS_PROTOCOL_MIN is 3.4, which is TLS 1.3", async () => {
  await using room = await tempDirectory();
  const tls = await authority.issue({ subject: "/CN=localhost", names: "DNS:localhost" });
  await using old = await startSlapd({
    ldif: people,
    tls,
    conf: "TLSCipherSuite NORMAL:-VERS-TLS1.3\n", // GnuTLS's words
  });
  await using server = await startPostgres();
  await run(server, [...setUp, "create role test1 login"]);
  const file = join(room.path, "ldap.conf");
  await using gate = await startGate(server, {
    hba: [
      `host shop all all ldap ldapserver=localhost ldapport=${old.port} ldaptls=1 ${base}`,
      `host all all all ldap ldapserver=localhost ldapport=${old.tlsPort} ldapscheme=ldaps ${base}\n`,
    ].join("\n"),
    ldap: systemLdap({ LDAPCONF: file }),
  });
  // One gate for all: the authorities stay the same, and what was made of them before must not count.
  for (const [least, status] of [
    ["3.3", 0],
    ["3.4", 2],
    ["3.3", 0],
  ] as const) {
    await writeFile(file, `TLS_CACERT ${authority.certFile}\nTLS_PROTOCOL_MIN ${least}\n`);
    for (const database of ["shop", "postgres"]) {
      const env = { PGPASSWORD: "secret1" };
      const tried = await gate.psql("test1", ["-d", database, "-c", "select 1"], { env });
      expect([least, database, tried.status]).toEqual([least, database, status]);
    }
  }
  expect(gate.log()).toContain("could not start LDAP TLS session: Connect error\n");
});
