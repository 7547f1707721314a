import { describe, expect, test } from "vitest";
import type { Attempt } from "../decide/attempt.ts";
import type { Facts } from "../decide/facts.ts";
import { parsePolicy } from "../policy.ts";
import { serverProfile } from "../profile.ts";
import { explain } from "./explain.ts";
import type { Explanation } from "./text.ts";
import { explanationText } from "./text.ts";
import { shownTraces } from "./trace.ts";

function explained(hba: string, attempt: Attempt, facts: Facts = {}, ident = ""): Explanation {
  const profile = serverProfile({ settings: { oauth_validator_libraries: "jwt" } });
  if ("error" in profile) throw new Error(profile.error);
  const disk = {
    files: new Map(["hba", "ident"].map((name) => [`/${name}`, { bytes: name === "hba" ? hba : ident }])),
    directories: new Map(),
    zones: new Map(),
    hosts: new Map(),
  };
  const { policy, problems } = parsePolicy({ hbaFileName: "/hba", identFileName: "/ident", profile }, disk);
  if (!policy) throw new Error(problems.map(({ text }) => text).join("\n"));
  return explain(policy, attempt, facts, { catalogue: null, now: new Date(0), whole: false });
}

const bob = { user: "bob", database: "shop", address: "10.1.2.3" } as const;

/** `column: fact` of the first rule. */
function because(rule: string, attempt: Attempt = bob, facts: Facts = {}): string {
  const [first] = explained(`${rule} reject\n`, attempt, facts).trace;
  return `${first?.mismatch}: ${first?.because}`;
}

/** A client whose address has this name, which does not resolve back. */
function named(name: string | null): Facts {
  return { hostname: name === null ? { name: null, error: "x" } : { name, forward: { addresses: [] } } };
}

describe("the fact behind a column that does not match", () => {
  test.each([
    ["local all all", bob, "type: this connection comes by TCP"],
    ["hostssl all all all", bob, "type: this connection has no TLS"],
    ["hostnossl all all all", { ...bob, ssl: true }, "type: this connection has TLS"],
    ["hostgssenc all all all", bob, "type: this connection has no GSSAPI encryption"],
    ["hostnogssenc all all all", { ...bob, gssenc: true }, "type: this connection has GSSAPI encryption"],
    ["host all all all", { user: "bob" }, "type: this connection comes through a Unix-domain socket"],
    ["host all all 10.1.2.4/32", bob, "address: 10.1.2.3 is not 10.1.2.4"],
    ["host all all 10.1.0.0/24", bob, "address: 10.1.2.3 is above 10.1.0.0 .. 10.1.0.255"],
    ["host all all 10.1.1.0/24", bob, "address: 10.1.2.3 is just above 10.1.1.0 .. 10.1.1.255"],
    ["host all all 10.1.3.0/24", bob, "address: 10.1.2.3 is just below 10.1.3.0 .. 10.1.3.255"],
    ["host all all ::/0", bob, "address: 10.1.2.3 is IPv4, and this is IPv6; they never match each other"],
    [
      "host all all 0.0.0.0/0",
      { ...bob, address: "::1" },
      "address: ::1 is IPv6, and this is IPv4; they never match each other",
    ],
    [
      "host all all 10.0.9.0 255.0.255.0",
      bob,
      "address: 10.1.2.3 differs from 10.0.9.0 under the mask 255.0.255.0",
    ],
    ["host billing all all", bob, 'database: the database is "shop"'],
    ["host billing,eu all all", bob, 'database: "shop" is none of these'],
    ["host sameuser all all", bob, 'database: database "shop" is not named like the user "bob"'],
    ["host replication all all", bob, "database: replication, unquoted, is for physical replication only"],
    [
      "host all all all",
      { ...bob, replication: true },
      "database: physical replication matches only the keyword replication",
    ],
    ["host ALL all all", bob, 'database: the database is "shop"; keywords are in lower case'],
    ['host "all" all all', bob, 'database: the database is "shop"; quoted, this is a name'],
    ["host all eve all", bob, 'user: the user is "bob"'],
    ["host /^a all all", bob, 'database: "shop" does not match the regular expression'],
    ["host all /^a all", bob, 'user: "bob" does not match the regular expression'],
    ["host all eve,/^a all", bob, 'user: "bob" is none of these, and no regular expression matches it'],
    ["host all eve,kim all", bob, 'user: "bob" is none of these'],
    ['host all "+staff" all', bob, 'user: the user is "bob"; quoted, this is a name'],
  ] as const)("%s", (rule, attempt, expected) => {
    expect(because(rule, attempt)).toBe(expected);
  });

  test("may come from outside", () => {
    const nobody: Facts = { membership: () => false };
    expect(because("host all +staff all", bob, nobody)).toBe('user: "bob" is no member of "staff"');
    expect(because("host samerole all all", bob, nobody)).toBe(
      'database: "bob" is no member of a role "shop"',
    );
    expect(because("host all all samehost", bob, { interfaces: [] })).toBe(
      "address: 10.1.2.3 is no address of the server",
    );
    expect(because("host all all a.example", bob, named(null))).toBe("address: 10.1.2.3 has no host name");
    expect(because("host all all a.example", bob, named("b.example"))).toBe(
      'address: 10.1.2.3 is "b.example"',
    );
    expect(because("host all all a.example", bob, named("a.example"))).toBe(
      'address: "a.example" does not resolve back to 10.1.2.3',
    );
  });
});

test("a regular expression that has to be given up leaves it open, and says so", () => {
  const expression = String.raw`/^(.+)(.+)(.+)(.+)(.+)\1\2\3\4\5x$`;
  const user = `${"ab".repeat(31)}x`;
  expect(
    explanationText(explained(`host all ${expression} all trust\n`, { ...bob, user })).join("\n"),
  ).toContain(
    `depends on: does "${user}" match the regular expression "${expression.slice(1)}"? It was given up`,
  );
});

describe("what let somebody in", () => {
  const because = (columns: string): string | null =>
    explained(`host ${columns} all trust\n`, bob).trace[0]?.because ?? null;

  test("is told where it was a regular expression", () => {
    expect(because("other,/^sh /^b")).toBe(
      'database: "shop" matches the regular expression "^sh"; user: "bob" matches the regular expression "^b"',
    );
    expect(because("all,/^sh bob,/^b")).toBeNull();
    expect(explanationText(explained("host all /^b all trust\n", bob))).toContain(
      '             user: "bob" matches the regular expression "^b"',
    );
  });

  test("is told of a user name map too", () => {
    const ident = String.raw`m /^(.*)@corp$ /^b`;
    const { then } = explained(
      "host all all all ident map=m\n",
      { ...bob, systemUser: "ann@corp" },
      {},
      ident,
    );
    expect(then[0]).toContain("Ident server of the client's machine");
    expect(then[1]).toBe(
      'identity "ann@corp" may be "bob" (line 1 of map "m": "^(.*)@corp$" matches the identity, "^b" matches the role)',
    );
  });
});

test("what is asked of a client with a token is told", () => {
  const line = "host all all all oauth issuer=https://i.example";
  const ann = { ...bob, systemUser: "bob" };
  expect(explained(`${line} scope="openid postgres"\n`, ann).then.slice(0, 2)).toEqual([
    'a token of the issuer "https://i.example", with the scope "openid postgres", judged by the validator "jwt"',
    'identity "bob" may be "bob"',
  ]);
  expect(explained(`${line} scope="" delegate_ident_mapping=1\n`, bob).then[0]).toBe(
    'a token of the issuer "https://i.example", judged by the validator "jwt"',
  );
});

test.each([
  ["pam", 'PAM service "postgresql" must let the client in; its modules may ask for a password'],
  ["pam pamservice=db", 'PAM service "db" must let the client in; its modules may ask for a password'],
])("what follows by %s", (method, expected) => {
  expect(explained(`host all all all ${method}\n`, bob).then[0]).toBe(expected);
});

describe("what follows, by methods that have somebody else judge", () => {
  const first = (method: string): string | undefined =>
    explained(`host all all all ${method}\n`, { ...bob, systemUser: "bob" }).then[0];

  test("a RADIUS server, or the next one", () => {
    expect(first("radius radiusservers=127.0.0.1 radiussecrets=planted")).toBe(
      'a password, judged by RADIUS server "127.0.0.1"',
    );
    expect(first('radius radiusservers="127.0.0.1,::1" radiussecrets=planted')).toBe(
      'a password, judged by RADIUS server "127.0.0.1", or without an answer "::1"',
    );
  });

  test("the Ident server of the client", () => {
    expect(first("ident")).toBe(
      "the Ident server of the client's machine (TCP port 113) says whose the connection is, and is believed",
    );
  });
});

describe("what gss asks", () => {
  test.each([
    ["gss", {}, "a Kerberos ticket, the one for this service"],
    ["gss krb_realm=CORP", {}, 'a Kerberos ticket of realm "CORP", the one for this service'],
    ["gss", { gssenc: true }, "a Kerberos ticket, the one that encrypts the connection"],
  ])("%s, %j", (method, encryption, expected) => {
    const attempt = { ...bob, ...encryption, systemUser: "bob@CORP" };
    const { then } = explained(`host all all all ${method} include_realm=0\n`, attempt);
    expect(then.slice(0, 2)).toEqual([expected, 'identity "bob" may be "bob"']);
  });
});

describe("what somebody who was refused can do", () => {
  test.each([
    [
      "local all all trust",
      bob,
      ["To admit it, the narrowest line goes after hba:1:  host shop bob 10.1.2.3/32 scram-sha-256"],
    ],
    [
      "host all bob all reject",
      bob,
      ["To admit it, the narrowest line goes before hba:1:  host shop bob 10.1.2.3/32 scram-sha-256"],
    ],
    [
      "hostssl all all all md5",
      bob,
      [
        "With TLS (sslmode=require) hba:1 admits it by md5.",
        "To admit it without TLS, the narrowest line goes after hba:1:  host shop bob 10.1.2.3/32 scram-sha-256",
      ],
    ],
    [
      "hostnossl all all all md5",
      { ...bob, ssl: true },
      [
        "Without encryption (sslmode=disable gssencmode=disable) hba:1 admits it by md5.",
        "With GSSAPI encryption (gssencmode=require) hba:1 admits it by md5.",
        "To admit it with TLS, the narrowest line goes after hba:1:  hostssl shop bob 10.1.2.3/32 scram-sha-256",
      ],
    ],
    [
      "local all all trust",
      { ...bob, user: "all", database: 'o"x', address: "::1" },
      ['To admit it, the narrowest line goes after hba:1:  host "o""x" "all" ::1/128 scram-sha-256'],
    ],
    ["local all all trust", { ...bob, user: "/bob" }, []],
    [
      "local all all trust",
      { ...bob, replication: true },
      ["To admit it, the narrowest line goes after hba:1:  host replication bob 10.1.2.3/32 scram-sha-256"],
    ],
  ] as const)("%s", (hba, attempt, expected) => {
    expect(explained(`${hba}\n`, attempt).hints.toSorted()).toEqual([...expected].toSorted());
  });

  test.each([
    ['o"x', "all"],
    ["sameuser", "+staff"],
    ["@file", "a b"],
    ["replication", "caf\u00c3\u00a9"],
    ["#x", "a,b"],
  ])("the narrowest line admits exactly that attempt: %s, %s", (database, user) => {
    const attempt = { ...bob, user, database };
    const [, line = ""] =
      /: {2}(host .*)$/.exec(explained("local all all trust\n", attempt).hints[0] ?? "") ?? [];
    expect(explained(`${line}\n`, attempt).decision.outcome).toBe("authenticate");
    expect(explained(`${line}\n`, { ...attempt, user: "other" }).decision.outcome).toBe("no_entry");
    expect(explained(`${line}\n`, { ...attempt, database: "other" }).decision.outcome).toBe("no_entry");
    expect(explained(`${line}\n`, { ...attempt, address: "10.1.2.4" }).decision.outcome).toBe("no_entry");
  });

  test("nobody who comes in is told anything", () => {
    expect(explained("host all all all trust\n", bob).hints).toEqual([]);
  });
});

describe("the misses that are shown", () => {
  test("are those that came closest, first of all those that are known to fail by one column alone", () => {
    const hba = [
      "hostssl all all 10.0.0.0/8 trust",
      "host other +staff 10.0.0.0/8 trust",
      "host all +staff 10.2.0.0/16 trust",
      "host all eve all trust",
      "host other all all trust",
    ].join("\n");
    const { trace, decision } = explained(hba, bob);
    expect(shownTraces(trace, decision.rule).map(({ rule }) => rule.line.number)).toEqual([1, 4, 5]);
  });

  test("and the rest is counted", () => {
    const hba = `${"local all all trust\n".repeat(4)}host other all all trust\nhost all eve all trust\n`;
    expect(explanationText(explained(hba, bob))).toContain(
      "     The other 3 fail on: type 3.  (--trace shows each.)",
    );
  });
});
