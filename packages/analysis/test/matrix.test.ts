import { describe, expect, test } from "vitest";
import { decide, isCatalogueMember, parseAttempt, parseCatalogue } from "@sallyport/policy";
import type { RoleCatalogue } from "@sallyport/policy";
import { kindsOf, matrixJson, matrixOf } from "@sallyport/analysis";
import type { Matrix, MatrixContext, MatrixQuestion } from "@sallyport/analysis";
import { policyOf } from "./policy-of.ts";

const unasked = { user: null, database: null, address: null, replication: null, systemUser: null } as const;
const nothing = { facts: {}, catalogue: null, most: 10_000 } as const;

function ask(
  hba: string,
  question: Partial<MatrixQuestion> = {},
  context: Partial<MatrixContext> = {},
  ident = "",
): Matrix {
  const policy = policyOf(hba, ident);
  const asked = { ...unasked, kinds: kindsOf(policy.profile), ...question };
  return matrixOf(policy, asked, { ...nothing, ...context });
}

/** A line a row: roles, databases, ways, addresses, answer. */
function lines({ blocks }: Matrix): string[] {
  return blocks.flatMap(({ roles, rows }) =>
    rows.map(({ databases, kinds, addresses, answer }) => {
      const names = [roles, databases].map((list) =>
        list.map(({ is, name }) => (is === "named" ? name : is)).join(","),
      );
      const from = addresses.map(({ network, except }) => [network, ...except].join("-")).join(",");
      const steps = answer.steps.map(({ rule, conditions }) =>
        [rule ? `${rule.method}:${rule.lineNumber}` : "none", ...conditions].join(" if "),
      );
      const last = answer.barrier ? [answer.barrier] : [];
      return [...names, kinds.join("+"), from || "local", steps.join(" else "), ...last].join(" | ");
    }),
  );
}

const tcp = "plain+ssl+gss";
const everywhere = "0.0.0.0/0,::/0";

test("without a catalogue the names in the file, and any other", () => {
  expect(lines(ask("host shop app all trust\n"))).toEqual([
    `app | shop | ${tcp} | ${everywhere} | trust:1`,
    `app | shop,other,replication | local | local | none`,
    `app | other,replication | ${tcp} | ${everywhere} | none`,
    `other | other,replication | local | local | none`,
    `other | other,replication | ${tcp} | ${everywhere} | none`,
  ]);
});

test("roles to which the same holds are one block", () => {
  const { blocks } = ask("host shop a,b,c 10.0.0.0/8 md5\nhost shop d 10.0.0.0/8 md5\n");
  expect(blocks.map(({ roles }) => roles.map(({ is, name }) => (is === "named" ? name : is)))).toEqual([
    ["a", "b", "c"],
    ["d"],
    ["other"],
  ]);
});

test("networks and ways are told apart where the lines do it", () => {
  const hba = "hostssl all app 10.0.0.0/8 cert\nhost all app 10.1.0.0/16 reject\n";
  expect(lines(ask(hba, { user: "app", database: "shop" })).slice(0, 2)).toEqual([
    "app | shop | ssl | 10.0.0.0/8 | cert:1 if the client has the role's name there",
    "app | shop | plain+gss | 10.1.0.0/16 | reject:2",
  ]);
});

test("sameuser is a database of its own, and so is the role of its name", () => {
  const hba = "local sameuser all trust\nlocal shop all reject\n";
  const local = lines(ask(hba, { kinds: ["local"] }));
  expect(local).toContain("shop | shop | local | local | trust:1");
  expect(local).toContain("other | own | local | local | trust:1");
  expect(local).toContain("other | shop | local | local | reject:2");
});

test("physical replication stands beside the databases", () => {
  const hba = "local replication app trust\nlocal all app reject\n";
  expect(lines(ask(hba, { user: "app", kinds: ["local"] }))).toEqual([
    "app | replication | local | local | trust:1",
    "app | other | local | local | reject:2",
  ]);
  expect(lines(ask(hba, { user: "app", kinds: ["local"], replication: true }))).toEqual([
    "app | replication | local | local | trust:1",
  ]);
  expect(lines(ask(hba, { user: "app", kinds: ["local"], replication: "database" }))).toEqual([
    "app | other | local | local | reject:2",
  ]);
});

describe("what is not known is said, and what follows from it", () => {
  const local = { user: "app", database: "shop", kinds: ["local"] } as const;
  const rows: readonly (readonly [string, string, Partial<MatrixQuestion>])[] = [
    ["local all +g trust\n", 'trust:1 if member of "g" else none', {}],
    [
      "local samerole all trust\n",
      "trust:1 if member of the role that is named like the database else none",
      {},
    ],
    ["local all all peer map=m\n", 'peer:1 if map "m" allows it', {}],
    [
      "local all +g peer map=m\nlocal all all md5\n",
      'peer:1 if member of "g" if map "m" allows it else md5:2',
      {},
    ],
    ["local all all peer map=m\n", "peer:1", { systemUser: "www" }],
  ];
  test.each(rows)("%s %s", (hba, answer, question) => {
    expect(lines(ask(hba, { ...local, ...question }, {}, "m www app\n"))).toEqual([
      `app | shop | local | local | ${answer}`,
    ]);
  });

  const fromOne = { user: "app", database: "shop", address: "10.1.2.3", kinds: ["plain"] } as const;
  test("of a host name and of the server's own networks", () => {
    const hba = "host all all db.example.com md5\nhost all all samenet trust\n";
    expect(lines(ask(hba, fromOne))).toEqual([
      'app | shop | plain | 10.1.2.3 | md5:1 if host name "db.example.com" else trust:2 if samenet else none',
    ]);
    const interfaces = [{ ip: "\n\u0001\u0002\u0001", mask: "\u00ff\u00ff\0\0" }];
    const known = lines(
      ask("host all all samenet trust\n", { ...fromOne, address: null }, { facts: { interfaces } }),
    );
    expect(known).toContain("app | shop | plain | 10.1.0.0/16 | trust:1");
  });
});

test("a map that refuses the system user that is given", () => {
  const rows = lines(
    ask(
      "local all all peer map=m\n",
      { kinds: ["local"], database: "shop", systemUser: "www" },
      {},
      "m www app\n",
    ),
  );
  expect(rows).toEqual(["www,other | shop | local | local | peer:1", "app | shop | local | local | peer:1"]);
  const { blocks } = ask(
    "local all all peer map=m\n",
    { kinds: ["local"], database: "shop", systemUser: "www" },
    {},
    "m www app\n",
  );
  expect(blocks.map(({ rows: [row] }) => row?.answer.outcome)).toEqual(["refused", "authenticate"]);
});

describe("with a catalogue", () => {
  const catalogue = parseCatalogue(
    JSON.stringify({
      roles: [
        { name: "g", login: false, superuser: false, member_of: [] },
        { name: "app", login: true, superuser: false, replication: false, member_of: ["g"] },
        { name: "root", login: true, superuser: true, member_of: [] },
      ],
      databases: [
        { name: "shop", allow_connections: true, connect: ["public"] },
        { name: "vault", allow_connections: true, connect: ["root"] },
        { name: "template0", allow_connections: false, connect: ["public"] },
      ],
    }),
  ) as RoleCatalogue;
  const facts = {
    membership: (role: string, group: string): boolean => isCatalogueMember(catalogue, role, group),
  };

  test("a role or database that keeps out is shown, and why", () => {
    const hba = "local all,replication +g trust\nlocal all root peer\n";
    expect(lines(ask(hba, { kinds: ["local"] }, { facts, catalogue }))).toEqual([
      "g | shop,template0,vault,replication | local | local | trust:1 | no_login",
      "app | shop | local | local | trust:1",
      "app | vault | local | local | trust:1 | no_connect",
      "app | template0 | local | local | trust:1 | no_connections",
      "app | replication | local | local | trust:1 | no_replication",
      "root | shop,vault | local | local | peer:2 if the client has the role's name there",
      "root | template0 | local | local | peer:2 if the client has the role's name there | no_connections",
      "root | replication | local | local | none",
    ]);
  });

  test("its databases are optional", () => {
    const rows = lines(
      ask(
        "local samerole,shop app trust\n",
        { kinds: ["local"], user: "app" },
        { facts, catalogue: { ...catalogue, databases: null } },
      ),
    );
    expect(rows).toEqual([
      "app | app,g,shop | local | local | trust:1",
      "app | other,replication | local | local | none",
    ]);
  });
});

describe("what is left out is said", () => {
  test("roles, when there is too much to decide", () => {
    const { blocks, leftOut } = ask("local all a,b,c,d trust\n", {}, { most: 30 });
    expect(blocks.flatMap(({ roles }) => roles.map(({ is }) => is))).toEqual(["named", "other"]);
    expect(leftOut).toEqual(['3 roles ("b" and on), since there is too much to decide: ask with -U NAME']);
  });

  test("databases, of one role", () => {
    const hba = "local a,b all md5\nlocal a all md5\nlocal c all md5\n";
    const { leftOut } = ask(hba, { user: "app", kinds: ["local"] }, { most: 2 });
    expect(leftOut).toEqual([expect.stringContaining("since there is too much to decide: ask with -d NAME")]);
  });

  test("names that no line has, where a regular expression may tell them apart", () => {
    const { leftOut } = ask(
      'local /^db all trust\nlocal all /^r,/^s trust\nlocal all /.*,"/^.{1,50}$" trust\n',
    );
    expect(leftOut).toEqual([
      'roles that no line names, and that regular expressions may tell apart: "^r" (pg_hba.conf:2) and 2 more; ask with -U NAME',
      'databases that no line names, and that regular expressions may tell apart: "^db" (pg_hba.conf:1); ask with -d NAME',
    ]);
  });

  test("masks with holes", () => {
    const { leftOut } = ask("host all all 10.0.5.0 255.0.255.0 trust\n");
    expect(leftOut).toEqual([
      "addresses that only a mask with holes tells apart: pg_hba.conf:1; ask with --address IP",
    ]);
    expect(ask("host all all 10.0.5.0 255.0.255.0 trust\n", { address: "10.9.5.1" }).leftOut).toEqual([]);
  });
});

test("each row of the JSON has an attempt of which it is the answer", () => {
  const hba =
    "hostssl billing all 10.20.0.0/16 scram-sha-256\nhost billing,reports +g 10.20.0.0/16 md5\nhost all x all reject\n";
  const policy = policyOf(hba);
  const { rows } = matrixJson(ask(hba)) as {
    rows: { attempt: object; outcome: string; line_number: number | null }[];
  };
  expect(rows.length).toBeGreaterThan(5);
  const asked = rows.map(({ attempt }) => {
    const described = parseAttempt(JSON.stringify(attempt));
    if ("error" in described) return described;
    const { outcome, rule } = decide(policy, described.attempt);
    return { outcome, line: rule?.lineNumber ?? null };
  });
  expect(asked).toEqual(rows.map(({ outcome, line_number: line }) => ({ outcome, line })));
});
