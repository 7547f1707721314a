import { describe, expect, test } from "vitest";
import type { Policy } from "../policy.ts";
import { parsePolicy } from "../policy.ts";
import { serverProfile } from "../profile.ts";
import type { Feature } from "../profile.ts";
import type { Attempt } from "./attempt.ts";
import { decide } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { maskOf } from "../ip.ts";

function policy(hba: string, ident = "", built: readonly Feature[] = []): Policy {
  const profile = serverProfile({ with: built, settings: { krb_caseins_users: false } });
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([
    ["/hba", { bytes: hba }],
    ["/ident", { bytes: ident }],
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const reading = parsePolicy({ hbaFileName: "/hba", identFileName: "/ident", profile }, disk);
  if (!reading.policy) throw new Error(reading.problems.map(({ text }) => text).join("\n"));
  return reading.policy;
}

/** A regular expression, and a name which would have to be divided in all ways to say that it does not match. */
const givenUp = String.raw`/^(.+)(.+)(.+)(.+)(.+)\1\2\3\4\5x$`;
const tooMuch = `${"ab".repeat(31)}x`;

/** `12 trust`, `reject`, … : the line that decides and the outcome. */
function verdict(hba: string, attempt: Attempt, facts: Facts = {}): string {
  const { outcome, rule } = decide(policy(hba), attempt, facts);
  return rule ? `${rule.line.number} ${outcome}` : outcome;
}

const bob = { user: "bob", database: "shop", address: "10.1.2.3" } as const;

describe("record types and encryption", () => {
  const types = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
  test.each([
    ["a Unix-domain socket", { user: "bob" }, ["local"]],
    ["TCP without encryption", bob, ["host", "hostnossl", "hostnogssenc"]],
    ["TLS", { ...bob, ssl: true }, ["host", "hostssl", "hostnogssenc"]],
    ["GSSAPI encryption", { ...bob, gssenc: true }, ["host", "hostnossl", "hostgssenc"]],
  ] as const)("%s", (_, attempt, expected) => {
    const matching = types.filter(
      (type) =>
        verdict(`${type} all all ${type === "local" ? "" : "all"} trust`, attempt) === "1 authenticate",
    );
    expect(matching).toEqual(expected);
  });
});

describe("addresses", () => {
  test.each([
    ["10.1.2.3/32", "10.1.2.3", true],
    ["10.1.2.3/8", "10.9.9.9", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["0.0.0.0/0", "255.1.1.1", true],
    ["0.0.0.0/0", "::1", false],
    ["::/0", "10.1.2.3", false],
    ["::ffff:10.1.2.3/128", "10.1.2.3", false],
    ["::ffff:10.1.2.3/128", "::ffff:10.1.2.3", true],
    ["127.0.255.0 255.0.255.0", "127.9.255.7", true],
    ["fe80::/10", "fe80::1%eth0", true],
    ["010.0.0.1/32", "8.0.0.1", true],
    ["all", "::1", true],
  ])("%s and %s: %s", (column, address, expected) => {
    expect(verdict(`host all all ${column} trust`, { ...bob, address })).toBe(
      expected ? "1 authenticate" : "no_entry",
    );
  });

  test("samehost and samenet ask for the interfaces, and take unusable masks as whole", () => {
    const interfaces = [
      { ip: "\u000a\u0001\u0000\u0001", mask: maskOf(16, 4) },
      { ip: "\u00c0\u00a8\u0000\u0001", mask: null },
    ];
    expect(verdict("host all all samenet trust", bob, { interfaces })).toBe("1 authenticate");
    expect(verdict("host all all samehost trust", bob, { interfaces })).toBe("no_entry");
    expect(verdict("host all all samenet trust", { ...bob, address: "192.168.0.2" }, { interfaces })).toBe(
      "no_entry",
    );
    expect(decide(policy("host all all samenet trust"), bob).dependsOn).toEqual([{ fact: "interfaces" }]);
  });
});

function named(name: string, forward?: string[]): Facts {
  return { hostname: forward ? { name, forward: { addresses: forward } } : { name } };
}

/** Who is in the role staff. */
function membership(role: string, group: string): boolean {
  return role === group || ((role === "bob" || role === "carl") && group === "staff");
}

describe("host names", () => {
  const hba = "host all all .example.com trust\nhost all all db.example.org md5\n";
  const own = "\u000a\u0001\u0002\u0003";

  test("are asked for only when a rule is reached, first the name, then its addresses", () => {
    expect(decide(policy(`host all all all trust\n${hba}`), bob).outcome).toBe("authenticate");
    expect(decide(policy(hba), bob).dependsOn[0]).toEqual({
      fact: "hostname",
      address: "10.1.2.3",
      name: null,
    });
    expect(decide(policy(hba), bob, named("a.example.com")).dependsOn[0]).toMatchObject({
      name: "a.example.com",
    });
    expect(decide(policy(hba), bob, named("else.net")).outcome).toBe("no_entry");
  });

  test.each([
    ["a.example.com", "1 authenticate"],
    ["A.B.EXAMPLE.com", "1 authenticate"],
    ["example.com", "no_entry"],
    [".example.com", "1 authenticate"],
    ["DB.example.org", "2 authenticate"],
    ["xdb.example.org", "no_entry"],
  ])("%s: %s", (name, expected) => {
    expect(verdict(hba, bob, named(name, [own]))).toBe(expected);
  });

  test("what the log says of a connection without a rule", () => {
    const detail = (facts: Facts): string | null => decide(policy(hba), bob, facts).detail;
    expect(detail(named("else.net"))).toBe(
      'Client IP address resolved to "else.net", forward lookup not checked.',
    );
    expect(detail(named("a.example.com", ["\u0001\u0001\u0001\u0001"]))).toBe(
      'Client IP address resolved to "a.example.com", forward lookup does not match.',
    );
    expect(detail({ hostname: { name: "a.example.com", forward: { error: "No address" } } })).toBe(
      'Could not translate client host name "a.example.com" to IP address: No address.',
    );
    expect(detail({ hostname: { name: null, error: "No name" } })).toBe(
      "Could not resolve client IP address to a host name: No name.",
    );
    expect(detail(named("a.example.com", ["\u0001\u0001\u0001\u0001", own]))).toBeNull();
    expect(decide(policy("local all all trust"), bob)).toMatchObject({ detail: null, detailDependsOn: [] });
  });

  test("what the log says of a name that only a rule for another database asks for", () => {
    const other = "host other all .example.com trust\nhost other all db.example.org trust\n";
    const said = (facts: Facts): unknown => {
      const { outcome, detail, dependsOn, detailDependsOn } = decide(policy(other), bob, facts);
      expect([outcome, dependsOn]).toEqual(["no_entry", []]);
      return detail ?? detailDependsOn;
    };
    expect(said({})).toEqual([{ fact: "hostname", address: "10.1.2.3", name: null }]);
    expect(said(named("a.example.com"))).toEqual([
      { fact: "hostname", address: "10.1.2.3", name: "a.example.com" },
    ]);
    expect(said(named("else.net"))).toBe(
      'Client IP address resolved to "else.net", forward lookup not checked.',
    );
    expect(said(named("db.example.org", [own]))).toBe(
      'Client IP address resolved to "db.example.org", forward lookup matches.',
    );
    expect(decide(policy(`hostssl all all .example.com trust`), bob).detailDependsOn).toEqual([]);
    expect(decide(policy(`${other}host all all all trust`), bob).detailDependsOn).toEqual([]);
  });
});

describe("databases and users", () => {
  test.each([
    ["all all", bob, true],
    ["shop bob", bob, true],
    ["a,shop b,bob", bob, true],
    ["Shop bob", bob, false],
    ["sameuser all", bob, false],
    ["sameuser all", { ...bob, database: "bob" }, true],
    ["samerole all", { ...bob, database: "staff" }, true],
    ["samegroup all", bob, false],
    ["all +staff", bob, true],
    ["all +bob", bob, true],
    ["all +other", bob, false],
    ['all "+staff"', bob, false],
    ['"all" all', bob, false],
    ['"all" all', { ...bob, database: "all" }, true],
    ["replication all", { ...bob, database: "replication" }, false],
    ['"replication" all', { ...bob, database: "replication" }, true],
    ["replication all", { ...bob, replication: true }, true],
    ["all,shop all", { ...bob, replication: true }, false],
    ["all all", { ...bob, replication: "database" }, true],
    ["replication all", { ...bob, replication: "database" }, false],
    [`${"x".repeat(63)} all`, { ...bob, database: "x".repeat(70) }, true],
    [`${"x".repeat(64)} all`, { ...bob, database: "x".repeat(70) }, false],
    ["bob all", { ...bob, database: "" }, true],
  ] as const)("%s", (columns, attempt, expected) => {
    expect(verdict(`host ${columns} all trust`, attempt, { membership })).toBe(
      expected ? "1 authenticate" : "no_entry",
    );
  });

  test("membership that is not known is said, with what happens either way", () => {
    const { outcome, rule, perhaps, dependsOn } = decide(
      policy("host all +a all md5\nhost all +a all trust\n"),
      bob,
    );
    expect([outcome, rule, perhaps.length]).toEqual(["unknown", null, 1]);
    expect(dependsOn).toEqual([{ fact: "membership", role: "bob", group: "a" }]);
  });

  // More than there is room for on the stack, as calls and as arguments of one.
  test.each([
    [
      "on as many lines",
      30_000,
      (groups: readonly string[]) => groups.map((one) => `host all ${one} all md5`),
    ],
    ["in one list", 130_000, (groups: readonly string[]) => [`host all ${groups.join(",")} all md5`]],
  ])("so is that of very many groups, %s", (_, count, lines) => {
    const groups = Array.from({ length: count }, (_, at) => `+g${at}`);
    const { outcome, dependsOn } = decide(policy(lines(groups).join("\n")), bob);
    expect([outcome, dependsOn.length]).toEqual(["unknown", groups.length]);
  });
});

describe("refusals", () => {
  test.each([
    [bob, 'no pg_hba.conf entry for host "10.1.2.3", user "bob", database "shop", no encryption'],
    [{ user: "bob" }, 'no pg_hba.conf entry for host "[local]", user "bob", database "bob", no encryption'],
    [
      { ...bob, ssl: true },
      'no pg_hba.conf entry for host "10.1.2.3", user "bob", database "shop", SSL encryption',
    ],
    [
      { ...bob, gssenc: true, replication: true as const },
      'no pg_hba.conf entry for replication connection from host "10.1.2.3", user "bob", GSS encryption',
    ],
    [
      { ...bob, replication: "database" as const },
      'no pg_hba.conf entry for host "10.1.2.3", user "bob", database "shop", no encryption',
    ],
  ])("no rule: %j", (attempt, message) => {
    const decision = decide(policy("local x x trust\nhost x x all trust"), attempt);
    expect([decision.outcome, decision.sqlstate, decision.message]).toEqual(["no_entry", "28000", message]);
  });

  test("reject", () => {
    const decision = decide(policy("host all all all reject\nhost all all all trust"), bob);
    expect(decision.message).toBe(
      'pg_hba.conf rejects connection for host "10.1.2.3", user "bob", database "shop", no encryption',
    );
    expect(decide(policy("host all,replication all all reject"), { ...bob, replication: true }).message).toBe(
      'pg_hba.conf rejects replication connection for host "10.1.2.3", user "bob", no encryption',
    );
  });

  test("an address that is none is the caller's mistake", () => {
    expect(() => decide(policy("local all all trust"), { user: "bob", address: "nowhere" })).toThrow(
      RangeError,
    );
  });
});

describe("user name maps", () => {
  const ident = [
    "m os1 bob",
    "m os1 +staff",
    'm os2 "all"',
    "m os3 all",
    'm os4 "+staff"',
    "n os1 alice",
  ].join("\n");
  const peer = (map: string, systemUser: string, user: string): string => {
    const { outcome, map: verdict } = decide(
      policy(`local all all peer${map}`, ident),
      { user, systemUser },
      { membership },
    );
    return `${outcome}${verdict?.error == null ? "" : `: ${verdict.error}`}`;
  };
  test.each([
    ["", "bob", "bob", "authenticate"],
    [" map=", "bob", "bob", "authenticate"],
    ["", "Bob", "bob", "refused: provided user name (bob) and authenticated user name (Bob) do not match"],
    [" map=m", "os1", "bob", "authenticate"],
    [" map=m", "os1", "carl", "authenticate"],
    [" map=m", "os1", "alice", 'refused: no match in usermap "m" for user "alice" authenticated as "os1"'],
    [" map=m", "os2", "bob", 'refused: no match in usermap "m" for user "bob" authenticated as "os2"'],
    [" map=m", "os2", "all", "authenticate"],
    [" map=m", "os3", "anybody", "authenticate"],
    [" map=m", "os4", "+staff", "authenticate"],
    [" map=x", "os1", "bob", 'refused: no match in usermap "x" for user "bob" authenticated as "os1"'],
  ])("%s %s as %s: %s", (map, systemUser, user, expected) => {
    expect(peer(map, systemUser, user)).toBe(expected);
  });

  test("a refusal says what the server's FATAL and its log DETAIL say, the map apart", () => {
    const hba = "local all all peer \\\n map=m # why";
    const { message, detail, map } = decide(
      policy(hba, ident),
      { user: "eve", systemUser: "os1" },
      { membership },
    );
    expect(message).toBe('Peer authentication failed for user "eve"');
    expect(detail).toBe('Connection matched file "/hba" line 1: "local all all peer  map=m # why"');
    expect(map?.error).toBe('no match in usermap "m" for user "eve" authenticated as "os1"');
  });

  test("a system user that is not known leaves it open", () => {
    expect(decide(policy("local all all peer"), { user: "bob" }).dependsOn).toEqual([
      { fact: "system_user" },
    ]);
  });

  test.each([
    ["", "bob@EXAMPLE.COM", "refused"],
    ["include_realm=0", "bob@EXAMPLE.COM", "authenticate"],
    ["include_realm=0 krb_realm=EXAMPLE.COM", "bob@EXAMPLE.COM", "authenticate"],
    ["include_realm=0 krb_realm=EXAMPLE.ORG", "bob@EXAMPLE.COM", "refused"],
    ["include_realm=0 krb_realm=EXAMPLE.COM", "bob", "refused"],
  ])("gss %s of %s: %s", (options, systemUser, expected) => {
    expect(decide(policy(`host all all all gss ${options}`), { ...bob, systemUser }).outcome).toBe(expected);
  });
});

describe("regular expressions in a rule", () => {
  test.each([
    ["/^sh all", bob, true],
    ["/op all", bob, true],
    ["/ all", bob, true],
    ['"/^shop$" all', bob, true],
    ["/^Shop$ all", bob, false],
    ["other,/^s..p$ /^x,/^b", bob, true],
    ['"/^a,b$" all', { ...bob, database: "a,b" }, true],
    ["all /^o", bob, false],
    ["all +/^b", bob, false],
    ["/ all", { ...bob, replication: "database" }, true],
    ["/ all", { ...bob, replication: true }, false],
    ["/replication all", { ...bob, database: "replication" }, true],
    [String.raw`/^(...?)\1$ all`, { ...bob, database: "bobbob" }, true],
    ["/^n{63}$ all", { ...bob, database: "n".repeat(70) }, true],
    // A byte is a character, whatever it is part of.
    ["/^.$ all", { ...bob, database: "\xc3\xa9" }, false],
    ["/^..$ all", { ...bob, database: "\xc3\xa9" }, true],
    ["/^\xc3\xa9$ all", { ...bob, database: "\xc3\xa9" }, true],
  ] as const)("%s", (columns, attempt, expected) => {
    expect(verdict(`host ${columns} all trust`, attempt, { membership })).toBe(
      expected ? "1 authenticate" : "no_entry",
    );
  });

  test.each(["reject", "trust"])("one that has to be given up is not passed over: %s", (method) => {
    const hba = `host all ${givenUp} all ${method}\nhost all all all trust\n`;
    const { outcome, dependsOn } = decide(policy(hba), { ...bob, user: tooMuch });
    expect(outcome).toBe("unknown");
    expect(dependsOn).toEqual([{ fact: "regex", pattern: givenUp.slice(1), name: tooMuch }]);
  });
});

describe("regular expressions in a user name map", () => {
  const by = (line: string, systemUser: string, user: string): string => {
    const ident = `m ${line}\nm "${systemUser}" later\n`;
    const { outcome, map } = decide(
      policy("local all all peer map=m", ident),
      { user, systemUser },
      { membership },
    );
    return `${outcome}${map?.error == null ? "" : `: ${map.error}`}`;
  };
  const nobody = (user: string, systemUser: string): string =>
    `refused: no match in usermap "m" for user "${user}" authenticated as "${systemUser}"`;

  test.each([
    [String.raw`/^(.*)@corp$ \1`, "ann@corp", "ann", "authenticate"],
    [String.raw`/^(.*)@corp$ \1`, "ann@corp", "bob", nobody("bob", "ann@corp")],
    [String.raw`/^(.*)@corp$ \1`, "ann@corpse", "ann", nobody("ann", "ann@corpse")],
    ["/corp guest", "ann@corpse", "guest", "authenticate"],
    ['"/^a b$" guest', "a b", "guest", "authenticate"],
    ["/ /^g", "ann", "guest", "authenticate"],
    ["ann /^g", "ann", "guest", "authenticate"],
    ["/^ann +staff", "ann", "bob", "authenticate"],
    ["/^ann all", "ann", "anybody", "authenticate"],
    // The first \1 only, and text that looks like one is not looked at again.
    [String.raw`/^(.*)$ \1x\1x`, "ro", String.raw`rox\1x`, "authenticate"],
    [String.raw`/^(.*)$ x\1`, String.raw`\1`, String.raw`x\1`, "authenticate"],
    [String.raw`/^(.*)$ \1`, "$&$1", "$&$1", "authenticate"],
    [String.raw`/^(.*)$ "a\1"`, "nn", "ann", "authenticate"],
    [String.raw`/^a(x*) n\1one`, "ann", "none", "authenticate"],
    [String.raw`/^a(.)(.) \1\2`, "abc", String.raw`b\2`, "authenticate"],
    // What comes of it is a name and nothing else.
    [String.raw`/^(.*)$ \1`, "all", "bob", nobody("bob", "all")],
    [String.raw`/^(.*)$ \1`, "all", "all", "authenticate"],
    [String.raw`/^(.*)$ \1`, "+staff", "bob", nobody("bob", "+staff")],
    [String.raw`/^(.*)$ "+\1"`, "staff", "+staff", "authenticate"],
    [String.raw`/^(.*)$ "+\1"`, "staff", "bob", nobody("bob", "staff")],
    [String.raw`/^(.*)$ \1`, "/^b", "bob", nobody("bob", "/^b")],
    // There is none in a group, in another expression, or where the system user is a plain name.
    [String.raw`/^(.*)$ +\1`, "staff", "bob", nobody("bob", "staff")],
    [String.raw`/^(.*)$ /^(.)\1$`, "ann", "oo", "authenticate"],
    [String.raw`ann \1`, "ann", String.raw`\1`, "authenticate"],
  ])("%s: %s as %s: %s", (line, systemUser, user, expected) => {
    expect(by(line, systemUser, user)).toBe(expected);
  });

  test.each([
    [String.raw`/^an x\1`, "^an", String.raw`x\1`],
    [String.raw`/^an(x)? "\1"`, "^an(x)?", String.raw`\1`],
    [String.raw`/^(?:an) \1\1`, "^(?:an)", String.raw`\1\1`],
  ])("a first group that matched nothing ends the search: %s", (line, expression, asked) => {
    expect(by(line, "ann", "later")).toBe(
      `refused: regular expression "${expression}" has no subexpressions as requested by backreference in "${asked}"`,
    );
  });

  test("an expression that has to be given up ends the search", () => {
    expect(by(`${givenUp} all`, tooMuch, "later")).toBe(
      `refused: regular expression match for "${givenUp.slice(1)}" failed: regular expression is too complex`,
    );
  });

  test("a database user that has to be given up is not known, and nobody is let in", () => {
    const ident = `m ann ${givenUp}\nm ann all\n`;
    const { outcome, map } = decide(policy("local all all peer map=m", ident), {
      user: tooMuch,
      systemUser: "ann",
    });
    expect([outcome, map?.matched]).toEqual(["unknown", null]);
  });

  test("case counts in them where it counts nowhere else", () => {
    const sspi = (line: string, user: string): string =>
      decide(policy("host all all all sspi map=m include_realm=0", `m ${line}`, ["sspi"]), {
        ...bob,
        user,
        systemUser: "Ann@R",
      }).outcome;
    expect(sspi("ann bob", "BOB")).toBe("authenticate");
    expect(sspi("/^ann$ bob", "BOB")).toBe("refused");
    expect(sspi("/^Ann$ bob", "BOB")).toBe("authenticate");
    expect(sspi(String.raw`/^(.*)$ \1`, "aNN")).toBe("authenticate");
    expect(sspi("ann /^b", "BOB")).toBe("refused");
  });

  test("it says as whom the lines let in that were tried", () => {
    const ident = String.raw`
m ann other
m /^(.*)$ x\1
m /n /^b
m ann later`;
    const { map } = decide(policy("local all all peer map=m", ident), { user: "bob", systemUser: "ann" });
    expect(map?.allowed).toEqual(["other", "xann", "/^b"]);
  });
});
