import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePasswordMessage, encodeStartupPacket } from "@sallyport/wire";
import { knock } from "../raw-client.ts";
import { namesOfTest1, startLdapTwins } from "./ldap-twins.ts";
import type { LdapTwins } from "./ldap-twins.ts";

let twins: LdapTwins;
beforeAll(async () => {
  twins = await startLdapTwins();
});
afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

const simple = 'ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"';
const simpleLine = `SERVER ${simple}`;
const base = 'ldapbasedn="dc=example,dc=net"';
const manager = 'ldapbinddn="cn=Manager,dc=example,dc=net"';
const test1 = "uid=test1,dc=example,dc=net";

/** `SERVER` stands for host and port of the directory, `PORT` for its port. */
function filled(rule: string): string {
  const { port } = twins.slapd;
  return rule.replaceAll("SERVER", `ldapserver=127.0.0.1 ldapport=${port}`).replaceAll("PORT", String(port));
}

describe("PostgreSQL's 001_auth and 002_bindpasswd: these let in whom they let in there", () => {
  test.for([
    [`SERVER ${simple}`, "test1", "secret1", test1],
    [`SERVER ${base}`, "test1", "secret1", test1],
    [`ldapserver="127.0.0.1 127.0.0.1" ldapport=PORT ${base}`, "test1", "secret1", test1],
    [`ldapurl="ldap://127.0.0.1:PORT" ${simple}`, "test1", "secret1", test1],
    ['ldapurl="ldap://127.0.0.1:PORT/dc=example,dc=net?uid?sub"', "test1", "secret1", test1],
    ['ldapurl="ldap://127.0.0.1:PORT/dc=example,dc=net?uid?one"', "test1", "secret1", test1],
    [`SERVER ${base} ldapsearchfilter="(|(uid=$username)(mail=$username))"`, "test1", "secret1", test1],
    [
      `SERVER ${base} ldapsearchfilter="(|(uid=$username)(mail=$username))"`,
      "test2@example.net",
      "secret2",
      "uid=test2,dc=example,dc=net",
    ],
    [
      'ldapurl="ldap://127.0.0.1:PORT/dc=example,dc=net??sub?(|(uid=$username)(mail=$username))"',
      "test2@example.net",
      "secret2",
      "uid=test2,dc=example,dc=net",
    ],
    [
      'ldapurl="ldap://127.0.0.1:PORT/dc=example,dc=net??sub" ldapsearchfilter="(mail=$username)"',
      "test2@example.net",
      "secret2",
      "uid=test2,dc=example,dc=net",
    ],
    [
      `SERVER ${base} ldapsearchattribute=mail`,
      "test2@example.net",
      "secret2",
      "uid=test2,dc=example,dc=net",
    ],
    [`SERVER ${base} ${manager} ldapbindpasswd=manager-secret`, "test1", "secret1", test1],
    [`SERVER ${base}`, "below", "secret3", "uid=below,ou=deep,dc=example,dc=net"],
    [
      'ldapurl="ldap://127.0.0.1:PORT/ou=deep,dc=example,dc=net?uid?subord"',
      "below",
      "secret3",
      "uid=below,ou=deep,dc=example,dc=net",
    ],
    [`SERVER ${base}`, "a,b", "secret4", "uid=a\\2Cb,dc=example,dc=net"],
    [`ldapserver="[::1]" ldapport=PORT ${base}`, "test1", "secret1", test1],
    // Nobody listens at the first address.
    [`ldapserver="127.0.0.9   127.0.0.1 " ldapport=PORT ${base}`, "test1", "secret1", test1],
    [
      `SERVER ${base} ldapsearchfilter="(&(objectClass=inetOrgPerson)(!(uid=test2))(uid~=$username)(sn=O*e)(cn:caseIgnoreMatch:=TEST\\20one))"`,
      "test1",
      "secret1",
      test1,
    ],
  ])("%s: %s", async ([rule = "", user = "", password = "", dn = ""]) => {
    await twins.arrange(filled(rule));
    const { gate, postgres } = await twins.knock(user, password);
    expect(gate).toEqual(postgres);
    expect(gate).toMatchObject({ status: 0, said: "in" });
    expect(gate.logged).toEqual([
      `00000|LOG:  connection authenticated: identity="${dn}" method=ldap pg_hba.conf:N)`,
    ]);
  });
});

describe("these refuse in PostgreSQL's words, to the client and in the log", () => {
  const wrong = `LDAP login failed for user "${test1}" on server "127.0.0.1": Invalid credentials`;
  test.for([
    [`SERVER ${simple}`, "test0", "secret1", 'LDAP login failed for user "uid=test0,dc=example,dc=net"'],
    [`SERVER ${simple}`, "test1", "wrong", wrong],
    [`SERVER ${simple}`, "test1", " secret1", wrong],
    [`SERVER ${base}`, "test0", "secret1", 'LDAP user "test0" does not exist'],
    [`SERVER ${base}`, "test1", "wrong", wrong],
    [`SERVER ${base} ldapsearchattribute=description`, "twin", "secret1", 'LDAP user "twin" is not unique'],
    [`SERVER ${base}`, "nobody*", "x", "invalid character in user name for LDAP authentication"],
    [`SERVER ${base}`, "test1/x", "x", "invalid character in user name for LDAP authentication"],
    [`SERVER ${base}`, "a&b", "x", 'LDAP user "a&b" does not exist'],
    [`SERVER ${base} ldapsearchfilter="(uid=$username)"`, "$username", "x", '"$username" does not exist'],
    [`SERVER ${base} ldapsearchfilter="broken"`, "test1", "secret1", 'filter "broken" on server'],
    [`SERVER ${base} ldapsearchfilter="(uid=test1"`, "test1", "secret1", "Bad search filter"],
    [`SERVER ${base} ldapsearchfilter="(uid=\\zz)"`, "test1", "secret1", "Bad search filter"],
    ['SERVER ldapbasedn="dc=nowhere"', "test1", "secret1", "No such object"],
    ['SERVER ldapbasedn="no dn"', "test1", "secret1", "Invalid DN syntax"],
    ['SERVER ldapprefix="?uid=" ldapsuffix=""', "test1", "secret1", "Invalid DN syntax"],
    [
      `SERVER ${base} ${manager} ldapbindpasswd=wrong`,
      "test1",
      "secret1",
      "could not perform initial LDAP bind",
    ],
    [`SERVER ${base} ${manager}`, "test1", "secret1", "could not perform initial LDAP bind"],
    [`ldapserver=127.0.0.1 ldapport=1 ${simple}`, "test1", "secret1", "Can't contact LDAP server"],
    [`ldapserver=127.0.0.1 ldapport=1 ${base}`, "test1", "secret1", "Can't contact LDAP server"],
    [
      `ldapserver=127.0.0.1 ldapport=1 ldaptls=1 ${base}`,
      "test1",
      "secret1",
      "could not start LDAP TLS session",
    ],
    [`ldapserver=no-such.invalid ldapport=1 ${base}`, "test1", "secret1", "Can't contact LDAP server"],
    [`ldapserver=127.0.0.1:PORT ${simple}`, "test1", "secret1", "could not initialize LDAP: Bad parameter"],
    [
      `ldapserver=::1 ldapport=PORT ${simple}`,
      "test1",
      "secret1",
      "could not initialize LDAP: Bad parameter",
    ],
    [
      'ldapurl="ldap://[::1]:PORT/dc=example,dc=net?uid?sub"',
      "test1",
      "secret1",
      "could not initialize LDAP",
    ],
    [`SERVER ldapscheme=foo ${base}`, "test1", "secret1", "could not initialize LDAP: Bad parameter"],
    ['ldapurl="ldap://127.0.0.1:PORT/dc=example,dc=net?uid?one"', "below", "secret3", "does not exist"],
    ['ldapurl="ldap://127.0.0.1:PORT/dc=example,dc=net?uid"', "test1", "secret1", "does not exist"],
    [`SERVER ${base} ldaptls=1`, "test1", "secret1", "could not start LDAP TLS session: Protocol error"],
    ['ldapserver="" ldapprefix=x', "test1", "secret1", "LDAP server not specified, and no ldapbasedn"],
    ['ldapbasedn="dc=nosuch,dc=invalid"', "test1", "secret1", "could not find DNS SRV records"],
  ])("%s: %s, %s", async ([rule = "", user = "", password = "", words = ""]) => {
    await twins.arrange(filled(rule));
    const { gate, postgres } = await twins.knock(user, password);
    expect(gate).toEqual(postgres);
    expect(gate.said).toContain(`FATAL:  LDAP authentication failed for user "${user}"`);
    expect(gate.logged[0]).toContain(words);
  });

  test("an empty password never gets to the directory", async () => {
    await twins.arrange(filled(`SERVER ${simple}`));
    const before = twins.slapd.log().length;
    const hello = encodeStartupPacket([
      ["user", "test1"],
      ["database", "postgres"],
    ]);
    for (const target of [twins.gate().tcp, { host: "127.0.0.1", port: twins.postgres.port }]) {
      const answer = await knock(target, hello, encodePasswordMessage(""));
      expect(answer.toString("latin1")).toMatch(/C28P01.*empty password returned by client/s);
    }
    expect(twins.slapd.log().slice(before)).not.toContain("ACCEPT");
  });
});

describe("what PostgreSQL sends to the directory as it is does not leave the gate", () => {
  test.for([
    [" test1", "in"],
    ["test1,ou=deep", "FATAL"],
    ["a,b", "FATAL"],
  ])("a user name that is more than a value in a DN: %j", async ([user = "", there = ""]) => {
    await twins.arrange(filled(`SERVER ${simple}`));
    const before = twins.slapd.log().length;
    const own = twins.gate();
    const { said } = (await twins.knock(user, "secret1")).postgres;
    expect(said).toContain(there);
    expect(await own.logged("invalid character in user name")).toBe(
      "00000|LOG:  invalid character in user name for LDAP authentication\n" +
        `00000|DETAIL:  The name "${user}" would not stay one value of the DN.\n`,
    );
    // One visitor alone was brought before it, by PostgreSQL.
    expect(
      twins.slapd
        .log()
        .slice(before)
        .match(/ACCEPT/g),
    ).toHaveLength(1);
  });

  describe.for([
    ["a search", `SERVER ${base}`],
    ["a DN", simpleLine],
  ])("what the directory takes for test1, in %s", ([, rule = ""]) => {
    beforeAll(async () => {
      await twins.arrange(filled(rule));
    });

    test.for(namesOfTest1)("%j", async (user) => {
      const before = twins.slapd.log().length;
      const { gate, postgres } = await twins.knock(user, "secret1");
      // In a filter OpenLDAP leaves control characters as they are.
      const taken = rule === simpleLine || !/[\t\n]/.test(user);
      expect([user, postgres.said === "in"]).toEqual([user, taken]);
      expect(gate.said).toContain("FATAL:  LDAP authentication failed for user");
      expect(gate.logged[0]).toBe("00000|LOG:  invalid character in user name for LDAP authentication");
      expect(gate.logged[1]).toContain("DETAIL:  The name ");
      // PostgreSQL alone has asked.
      const asked = twins.slapd
        .log()
        .slice(before)
        .match(/ACCEPT/g);
      expect(asked).toHaveLength(rule === simpleLine || !taken ? 1 : 2);
    });
  });

  test("a name that is a mechanism to some clients of LDAP is a name", async () => {
    await twins.arrange(filled('SERVER ldapprefix="" ldapsuffix=""'));
    const { gate, postgres } = await twins.knock("PLAIN", "x");
    expect(gate).toEqual(postgres);
    expect(gate.logged[0]).toContain('LDAP login failed for user "PLAIN" on server');
  });

  test("a DN that is empty, which makes a bind an anonymous one", async () => {
    await twins.arrange(filled('ldapurl="ldap://127.0.0.1:PORT/??base?(objectClass=*)"'));
    const { gate, postgres } = await twins.knock("test1", "anything");
    expect(gate.status).toBe(2);
    expect(gate.logged[0]).toBe("00000|LOG:  LDAP authentication without a DN is not supported");
    expect(postgres.logged[0]).toContain('LDAP login failed for user "" on server');
  });
});

describe("between search and last bind", () => {
  test.for([
    ["16", 2],
    ["17", 1],
  ] as const)("PostgreSQL %s has %d connections", async ([version, connections]) => {
    await twins.arrange(filled(`SERVER ${base}`), `server_version = '${version}'\n`);
    const before = twins.slapd.log().length;
    expect(
      (await twins.gate().psql("test1", ["-c", "select 1"], { env: { PGPASSWORD: "secret1" } })).status,
    ).toBe(0);
    const said = twins.slapd.log().slice(before);
    expect(said.match(/ACCEPT/g)).toHaveLength(connections);
    expect(said.match(/BIND dn=/g)?.length).toBeGreaterThanOrEqual(2);
  });
});

test("no password stands in the log of the gate, and the one for the search neither", async () => {
  await twins.arrange(filled(`SERVER ${base} ${manager} ldapbindpasswd=manager-secret`));
  await twins.knock("test1", "planted-secret");
  await twins.knock("test1", "secret1");
  const log = twins.gate().log();
  expect(log).toContain("LDAP login failed");
  expect(log).not.toMatch(/planted-secret|manager-secret|secret1/);
});
