import { psql, startPostgres, startSlapd } from "@sallyport/testkit";
import type { CommandResult, Slapd, SlapdOptions, TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { GateOptions, TestGate } from "../gate.ts";

/** Of PostgreSQL's own test of LDAP, and some who look like somebody else. */
export const people = `dn: uid=test1,dc=example,dc=net
objectClass: inetOrgPerson
uid: test1
sn: One
cn: test one
mail: test1@example.net
description: twin
userPassword: secret1

dn: uid=test2,dc=example,dc=net
objectClass: inetOrgPerson
uid: test2
sn: Two
cn: test two
mail: test2@example.net
description: twin
userPassword: secret2

dn: ou=deep,dc=example,dc=net
objectClass: organizationalUnit
ou: deep

dn: uid=below,ou=deep,dc=example,dc=net
objectClass: inetOrgPerson
uid: below
sn: Below
cn: below
mail: below@example.net
userPassword: secret3

dn: uid=a\\2Cb,dc=example,dc=net
objectClass: inetOrgPerson
uid: a,b
sn: Comma
cn: comma
userPassword: secret4
`;

/** Names that OpenLDAP takes for `test1`. */
export const namesOfTest1: readonly string[] = [
  " test1",
  "test1 ",
  "\ttest1",
  "test1\n",
  "\u00a0test1",
  "test1\u2003",
  "\u3000test1",
];

export const roles: readonly string[] = [
  "test0",
  "test1",
  "twin",
  "below",
  "a,b",
  "test2@example.net",
  "test1,ou=deep",
  "nobody*",
  ...namesOfTest1,
  "a&b",
  "test1/x",
  "$username",
  "PLAIN",
];

/** What somebody meets: psql's words, and what the server logged about it. */
export interface Knock {
  readonly status: number | null;
  readonly said: string;
  readonly logged: readonly string[];
}

export interface LdapTwins extends AsyncDisposable {
  readonly slapd: Slapd;
  readonly postgres: TestPostgres;
  /** Puts one line for everybody in force at both: `ldap OPTIONS`. `conf`: more settings of the gate. */
  readonly arrange: (options: string, conf?: string) => Promise<void>;
  readonly gate: () => TestGate;
  readonly knock: (
    user: string,
    password: string,
  ) => Promise<{ readonly gate: Knock; readonly postgres: Knock }>;
}

export interface TwinOptions {
  readonly slapd?: Partial<SlapdOptions>;
  /** Certificates that PostgreSQL's LDAP library is to trust. */
  readonly authority?: Buffer;
  readonly gate?: Pick<GateOptions, "ldap" | "conf">;
}

/** A directory, a gate, and Debian's PostgreSQL 15, which is also the gate's upstream. */
export async function startLdapTwins(options: TwinOptions = {}): Promise<LdapTwins> {
  const slapd = await startSlapd({ ldif: people, ...options.slapd });
  const { authority } = options;
  const postgres = await startPostgres({
    build: "debian",
    major: 15,
    tcp: true,
    settings: { log_connections: "on", log_line_prefix: "%e|" },
    // Its LDAP library looks for this file in its working directory.
    files: authority === undefined ? {} : { "ca.pem": authority.toString(), ldaprc: "TLS_CACERT ca.pem\n" },
  }).catch(async (error: unknown) => {
    await slapd.stop();
    throw error;
  });
  let gate: TestGate | null = null;
  const stop = async (): Promise<void> => {
    await gate?.[Symbol.asyncDispose]();
    await postgres.stop();
    await slapd.stop();
  };
  try {
    await run(postgres, [...setUp, ...roles.map((name) => `create role "${name}" login`)]);
  } catch (error) {
    await stop();
    throw error;
  }
  const opened = (): TestGate => {
    if (gate === null) throw new Error("there are no rules yet");
    return gate;
  };
  return {
    slapd,
    postgres,
    gate: opened,
    arrange: async (rule, more = "") => {
      const hba = `# as both have it\nhost all all all ldap ${rule}\n`;
      await postgres.writeFile("pg_hba.conf", `local all all trust\n${hba}`);
      const said = await postgres.reload();
      if (said.includes("was not reloaded")) throw new Error(said);
      await gate?.[Symbol.asyncDispose]();
      gate = null;
      const conf = `server_version = '15'\n${options.gate?.conf ?? ""}${more}`;
      gate = await startGate(postgres, { ...options.gate, hba, conf, linePrefix: "%e|" });
    },
    knock: async (user, password) => {
      const own = opened();
      const [before, after] = [own.log().length, (await postgres.log()).length];
      const atGate = await visit(own.port, user, password);
      const gateLog = own.log().slice(before);
      const between = (await postgres.log()).length;
      const atPostgres = await visit(postgres.port, user, password);
      const postgresLog = (await postgres.log()).slice(Math.max(after, between));
      return { gate: knockOf(atGate, gateLog), postgres: knockOf(atPostgres, postgresLog) };
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function visit(port: number, user: string, password: string): Promise<CommandResult> {
  const env = { PGHOST: "127.0.0.1", PGPORT: String(port), PGSSLMODE: "disable", PGDATABASE: "postgres" };
  return await psql(["-Atc", "select 'in'"], {
    env: { ...env, PGUSER: user, PGPASSWORD: password },
    timeoutMs: 60_000,
  });
}

/** Without ports, paths, what only sessions have, and the secrets that PostgreSQL logs. */
function knockOf({ status, stdout, stderr }: CommandResult, log: string): Knock {
  const plain = (text: string): string =>
    text
      .replaceAll(/port \d+/g, "port N")
      .replaceAll(/port=\d+/g, "port=N")
      .replaceAll(/ldapbindpasswd=[^" ]*/g, "ldapbindpasswd=***")
      .replaceAll(/\S*pg_hba.conf:\d+/g, "pg_hba.conf:N")
      .replaceAll(/pg_hba.conf line \d+/g, "pg_hba.conf line N");
  const lines = log.split(/^(?=\w{5}\|)/m).map((entry) => plain(entry.trimEnd()));
  const logged = lines.filter(
    (line) => line !== "" && !/connection (?:received|authorized|ready)|disconnection/.test(line),
  );
  return { status, said: plain(stdout + stderr).trimEnd(), logged };
}
