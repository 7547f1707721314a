import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import { tempDirectory } from "@sallyport/testkit";
import { enforcement, gatewayProfile, thisMachine, unenforceable } from "../src/index.ts";
import { couldNotLoad } from "../src/log/index.ts";
import { methodRunners } from "../src/session/methods/runners.ts";
import { gateFiles } from "./gate.ts";

const tokens = "oauth_validator_libraries = jwt\noauth_audience = gate\n";
const conf = "upstream = 'host=/nowhere'\nupstream_auth = service\nssl = on\n";

/** Whether a file of one line is run, and what is said about it. */
async function load(
  line: string,
  settings: string = conf,
): Promise<{ readonly runs: boolean; readonly said: readonly string[] }> {
  await using directory = await tempDirectory();
  const { policy, problems } = await gateFiles(directory.path, {
    hba: `local all all trust\n${line}\n`,
    conf: settings,
  });
  return { runs: policy !== null, said: problems.map(({ text }) => text) };
}

test("each method of the enforcement set has its implementation, and each implementation its place in it", () => {
  const carriedOut = new Set([...methodRunners.keys(), "reject"]);
  expect(carriedOut).toEqual(new Set(enforcement.keys()));
});

describe("a file runs with", () => {
  test.for([
    "host all all 10.0.0.0/8 scram-sha-256",
    "host all all all reject",
    "hostnossl all all samenet trust",
    "hostnogssenc sameuser,shop +staff,app all scram-sha-256",
    "local replication all scram-sha-256",
    "host all all all md5",
    "host all all all password",
    "local all all peer",
    "local all all peer map=m",
    "local all all ident map=m",
    "host all all .example.com reject",
    "hostnossl all all db.example.com scram-sha-256",
    "host all all all pam",
    "local all all pam pamservice=x pam_use_hostname=1",
    "hostssl all all all pam pamservice=x clientcert=verify-full",
    "hostssl all all all cert",
    "hostssl all all all cert map=m clientname=DN",
    "hostssl all all all scram-sha-256 clientcert=verify-full",
    "hostssl all all all trust clientcert=verify-ca",
    "hostssl all all all md5 clientcert=verify-full clientname=DN",
    "hostssl all all all reject clientcert=verify-ca",
    "host all all all ldap ldapserver=x ldapprefix=y",
    "host all all all ldap ldapurl=ldaps://x/dc=y?uid?one ldapbinddn=z ldapbindpasswd=z",
    'hostssl all all all ldap ldapbasedn="dc=x" ldapsearchfilter="(uid=$username)" ldaptls=1 clientcert=verify-ca',
    "host all all all ident",
    "host all all all ident map=m",
    "hostssl all all all ident map=m clientcert=verify-full clientname=DN",
    "host all all all radius radiusservers=127.0.0.1 radiussecrets=x",
    'local all all radius radiusservers="127.0.0.1,::1" radiussecrets="x,y" radiusports=1 radiusidentifiers="i,j"',
    "hostssl all all all radius radiusservers=localhost radiussecrets=x clientcert=verify-ca",
    "host all all all gss",
    "host all all all gss map=m include_realm=0 krb_realm=EXAMPLE.COM",
    "hostssl all all all gss clientcert=verify-full",
    "hostgssenc all all all gss",
    "hostgssenc all all all scram-sha-256",
  ])("%s", async (line) => {
    expect(await load(line)).toEqual({ runs: true, said: [] });
  });

  test.for([
    "local all all oauth issuer=https://i.example scope=openid",
    'local all all oauth issuer=https://i.example scope="openid postgres" validator=jwt map=m',
    'host all all all oauth issuer=https://i.example scope="" delegate_ident_mapping=1',
    "hostssl all all all oauth issuer=https://i.example scope=openid clientcert=verify-full clientname=DN",
  ])("%s", async (line) => {
    expect(await load(line, conf + tokens)).toEqual({ runs: true, said: [] });
  });

  test("options for a validator, as PostgreSQL 19 has them", async () => {
    const line = "local all all oauth issuer=https://i.example scope=openid validator.x=1 validator.y=2";
    const nineteen = `${conf}${tokens}server_version = 19\n`;
    expect(await load(line, nineteen)).toEqual({ runs: true, said: [] });
    expect((await load(line, conf + tokens)).runs).toBe(false);
  });
});

describe("a file does not run with", () => {
  const methods: Record<string, string> = {
    sspi: "host all all all sspi",
    bsd: "host all all all bsd",
  };
  test.for(Object.entries(methods))("the method %s", async ([method, line]) => {
    const { runs, said } = await load(line);
    expect(runs).toBe(false);
    expect(said).toContain(`invalid authentication method "${method}": not supported by this build`);
  });

  test("the method oauth, if no setting names its validators", async () => {
    const { runs, said } = await load("local all all oauth issuer=https://i.example scope=openid");
    expect(runs).toBe(false);
    expect(said).toEqual([expect.stringContaining("oauth_validator_libraries")]);
  });

  test("a validator that the setting does not name", async () => {
    const line = "local all all oauth issuer=https://i.example scope=openid validator=introspection";
    expect(await load(line, conf + tokens)).toEqual({
      runs: false,
      said: ['validator "introspection" is not permitted by oauth_validator_libraries'],
    });
  });

  test("a line that PostgreSQL would not load either", async () => {
    expect(await load("host all all 10.0.0.0/8 scarm")).toEqual({
      runs: false,
      said: ['invalid authentication method "scarm"'],
    });
  });
});

test("a machine that does not tell who is behind a Unix socket runs no peer line", async () => {
  await using directory = await tempDirectory();
  const { policy } = await gateFiles(directory.path, { hba: "local all all peer map=m\n", conf });
  if (policy === null) throw new Error("the line does not load");
  const machine = await thisMachine();
  expect(unenforceable(policy, machine)).toEqual([]);
  expect(unenforceable(policy, { ...machine, peerCredentials: false }).map(({ text }) => text)).toEqual([
    'invalid authentication method "peer": not supported by this build',
    'authentication option "map" is not supported by this build',
  ]);
});

test("a machine without PAM runs no pam line, in the words of a server that was built without it", async () => {
  await using directory = await tempDirectory();
  const { policy, settings } = await gateFiles(directory.path, {
    hba: "local all all pam pamservice=x\n",
    conf,
  });
  if (policy === null) throw new Error("the line does not load");
  const machine = { ...(await thisMachine()), libraries: new Set<"pam">() };
  expect(unenforceable(policy, machine).map(({ text }) => text)).toEqual([
    'invalid authentication method "pam": not supported by this build',
    'authentication option "pamservice" is not supported by this build',
  ]);
  expect(gatewayProfile(settings, machine).features.has("pam")).toBe(false);
});

test("a machine without the library of GSSAPI runs no gss line", async () => {
  await using directory = await tempDirectory();
  const { policy } = await gateFiles(directory.path, { hba: "host all all all gss krb_realm=R\n", conf });
  if (policy === null) throw new Error("the line does not load");
  const machine = await thisMachine();
  expect(machine.libraries).toContain("gssapi");
  expect(unenforceable(policy, machine)).toEqual([]);
  expect(unenforceable(policy, { ...machine, libraries: new Set() }).map(({ text }) => text)).toEqual([
    'invalid authentication method "gss": not supported by this build',
    'authentication option "krb_realm" is not supported by this build',
  ]);
});

describe("lines for encryption that is not there load, with PostgreSQL's warning", () => {
  test("hostssl", async () => {
    expect(await load("hostssl all all all scram-sha-256", `${conf}ssl = off\n`)).toEqual({
      runs: true,
      said: ["hostssl record cannot match because SSL is disabled"],
    });
  });

  test("hostgssenc, where the library is not there", async () => {
    await using directory = await tempDirectory();
    const { settings } = await gateFiles(directory.path, { hba: "", conf });
    const profile = gatewayProfile(settings, { ...(await thisMachine()), libraries: new Set() });
    const hbaFile = join(directory.path, "pg_hba.conf");
    await writeFile(hbaFile, "hostgssenc all all all scram-sha-256\n");
    const { problems } = await readPolicy({ hbaFile, profile, disk: emptyDisk() });
    expect(problems.map(({ severity, text }) => [severity, text])).toEqual([
      ["warning", "hostgssenc record cannot match because GSSAPI is not supported by this build"],
    ]);
  });
});

describe("lines with the validator introspection", () => {
  const both = `oauth_validator_libraries = 'jwt, introspection'
oauth_audience = gate
oauth_introspection_client_id = gate
oauth_introspection_client_secret_file = secret
`;
  const line = (issuer: string, validator = "introspection"): string =>
    `host all all all oauth issuer=${issuer} scope=postgres validator=${validator}`;
  const [a, b] = ["https://a.example", "https://b.example"];

  test("name one issuer, however it is written, beside those of other validators", async () => {
    const lines = [line(a), line(b, "jwt"), line(a), line(`${a}/.well-known/openid-configuration`)];
    expect(await load(lines.join("\n"), conf + both)).toEqual({ runs: true, said: [] });
  });

  test("and no second one, which would be shown the secret of the gateway at the first", async () => {
    await using directory = await tempDirectory();
    const hba = ["# two", line(a), line(b, "jwt"), line(`${a}/`), line(a), line(b)].join("\n");
    const { policy, diagnostics } = await gateFiles(directory.path, { hba, conf: conf + both });
    expect(policy).toBeNull();
    const where = `since line 2 of "${directory.path}/pg_hba.conf" has it ask issuer "${a}"`;
    const refused = (issuer: string, lineNumber: number) =>
      expect.objectContaining({
        severity: "error",
        message: `validator "introspection" cannot ask issuer "${issuer}", ${where}`,
        hint: "Both would be shown the secret of oauth_introspection_client_secret_file. Use the validator jwt for one of them, or another gate.",
        place: expect.objectContaining({ lineNumber, column: 24 }) as object,
        excerpt: [line(issuer), `${" ".repeat(23)}${"^".repeat(`issuer=${issuer}`.length)}`],
      }) as object;
    expect(diagnostics).toEqual([refused(`${a}/`, 4), refused(b, 6)]);
  });

  test("in an included file count, too; what cannot be asked is another one", async () => {
    await using directory = await tempDirectory();
    await writeFile(join(directory.path, "more.conf"), `${line(b)}\n${line("ftp://c")}\n`);
    const hba = `${line(a)}\ninclude more.conf\n`;
    const { policy, problems } = await gateFiles(directory.path, { hba, conf: conf + both });
    expect(policy).toBeNull();
    expect(problems.map(({ text }) => text)).toEqual([
      expect.stringContaining(`cannot ask issuer "${b}"`),
      expect.stringContaining('cannot ask issuer "ftp://c"'),
    ]);
  });
});

test("what is wrong is shown where it stands", async () => {
  await using directory = await tempDirectory();
  const hba = "# first\nhost all all all bsd # old\n";
  const { diagnostics, settings } = await gateFiles(directory.path, { hba, conf });
  expect(diagnostics).toEqual([
    expect.objectContaining({
      severity: "error",
      message: 'invalid authentication method "bsd": not supported by this build',
      place: { fileName: `${directory.path}/pg_hba.conf`, lineNumber: 2, column: 18, endColumn: 21 },
      excerpt: ["host all all all bsd # old", "                 ^^^"],
    }),
  ]);
  expect(couldNotLoad(settings.hba_file)).toBe(`could not load ${directory.path}/pg_hba.conf`);
});
