import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decide, isCatalogueMember, parseCatalogue, parseClientAddress } from "@sallyport/policy";
import type { Attempt, Policy, RoleCatalogue } from "@sallyport/policy";
import { kindsOf, matrixOf } from "@sallyport/analysis";
import type { AddressPart, Kind, Matrix, MatrixContext, Name, Row } from "@sallyport/analysis";
import { answerOf } from "../src/matrix/answer.ts";
import { policyOf } from "./policy-of.ts";

const runs = Number(process.env["MATRICES"] ?? 30);
const attemptsEach = 60;

const networks = [
  "10.0.0.0/8",
  "10.1.0.0/16",
  "10.1.2.0/24",
  "10.1.2.3/32",
  "0.0.0.0/0",
  "0.0.0.0/1",
  "128.0.0.0/1",
];
const wide = ["all", "::/0", "2001:db8::/32", "fe80::/10", "samenet", "samehost", "db.example.com"];

const list = (...names: string[]): fc.Arbitrary<string> =>
  fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }).map((some) => some.join(","));

const databases = list("all", "all", "a", "b", "sameuser", "samerole", "replication", '"all"', "/^r");
const users = list("all", "all", "a", "b", "c", "+g", "+h", '"+g"', "/^r");
const methods = fc.constantFrom("trust", "reject", "scram-sha-256", "md5");
const types = fc.constantFrom("host", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc");

const rule = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant("local"),
      databases,
      users,
      fc.oneof(methods, fc.constantFrom("peer map=m", "peer")),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(types, databases, users, fc.constantFrom(...networks, ...networks, ...wide), methods),
  },
);
const files = fc
  .array(rule, { minLength: 1, maxLength: 9 })
  .map((rules) => rules.map((row) => `${row.join(" ")}\n`).join(""));

const catalogue = parseCatalogue(
  JSON.stringify({
    roles: [
      { name: "a", login: true, superuser: false, member_of: ["g"] },
      { name: "b", login: true, superuser: true, member_of: [] },
      { name: "c", login: false, superuser: false, replication: false, member_of: ["h"] },
      { name: "h", login: false, superuser: false, member_of: ["g", "b"] },
      { name: "g", login: false, superuser: false, member_of: [] },
    ],
    databases: [
      { name: "a", allow_connections: true, connect: ["public"] },
      { name: "b", allow_connections: true, connect: ["g"] },
      { name: "z", allow_connections: false, connect: [] },
    ],
  }),
);

const attempts = fc.array(
  fc.record({
    user: fc.constantFrom("a", "b", "c", "g", "h", "nobody", "else"),
    database: fc.constantFrom("a", "b", "z", "nobody", "nothing", "all"),
    address: fc.oneof(
      fc.constantFrom(
        null,
        "10.1.2.3",
        "10.1.2.4",
        "10.1.3.0",
        "10.2.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "0.0.0.0",
      ),
      fc.constantFrom(
        "127.255.255.255",
        "128.0.0.0",
        "255.255.255.255",
        "::",
        "2001:db8::",
        "2001:db9::1",
        "fe80::1",
      ),
      fc.ipV4(),
      fc.ipV6(),
    ),
    kind: fc.constantFrom<Kind>("plain", "ssl", "gss"),
    physical: fc.constantFrom(false, false, true),
  }),
  { minLength: attemptsEach, maxLength: attemptsEach },
);

/** Does a name of the matrix stand for this one? */
function isIn(names: readonly Name[], all: readonly Name[], name: string, user: string): boolean {
  if (names.some((one) => one.is === "named" && one.name === name)) return true;
  if (all.some((one) => one.is === "named" && one.name === name)) return false;
  const own = all.some(({ is }) => is === "own") && name === user;
  return names.some(({ is }) => is === (own ? "own" : "other"));
}

function isWithin(parts: readonly AddressPart[], ip: string): boolean {
  const inside = (network: string): boolean => {
    const [base = "", length = ""] = network.split("/");
    const own = parseClientAddress(base)?.ip ?? "";
    const bits = (text: string): string =>
      Array.from(text, (byte) => byte.charCodeAt(0).toString(2).padStart(8, "0")).join("");
    return (
      own.length === ip.length && bits(own).slice(0, Number(length)) === bits(ip).slice(0, Number(length))
    );
  };
  return parts.some(({ network, except }) => inside(network) && !except.some(inside));
}

/** The rows that are about an attempt. */
function rowsAbout({ blocks }: Matrix, attempt: Attempt, kind: Kind): Row[] {
  const { user, database = user, address = null, replication } = attempt;
  const roles = blocks.flatMap((block) => block.roles);
  const ip = address === null ? null : parseClientAddress(address)?.ip;
  return blocks
    .filter((block) => isIn(block.roles, roles, user, ""))
    .flatMap(({ rows }) => {
      const all = rows.flatMap(({ databases }) => databases);
      return rows.filter(
        ({ databases, kinds, addresses }) =>
          kinds.includes(kind) &&
          (ip == null || isWithin(addresses, ip)) &&
          (replication === true
            ? databases.some(({ is }) => is === "replication")
            : isIn(databases, all, database, user)),
      );
    });
}

/** What the matrix of a policy and its decisions say of each attempt; they must be the same. */
function answersOf(
  policy: Policy,
  context: MatrixContext,
  all: readonly { attempt: Attempt; kind: Kind }[],
  systemUser: string | null = null,
): { matrix: unknown[]; decisions: unknown[]; leftOut: readonly string[] } {
  const question = {
    user: null,
    database: null,
    address: null,
    replication: null,
    systemUser,
  } as const;
  const asked = all.map(({ attempt, kind }) => ({
    kind,
    attempt: systemUser === null ? attempt : Object.assign({}, attempt, { systemUser }),
  }));
  const matrix = matrixOf(policy, { ...question, kinds: kindsOf(policy.profile) }, context);
  return {
    matrix: asked.map(({ attempt, kind }) => ({
      attempt,
      answers: rowsAbout(matrix, attempt, kind).map(({ answer }) => answer.key),
    })),
    decisions: asked.map(({ attempt }) => ({
      attempt,
      answers: [answerOf(decide(policy, attempt, context.facts), context.catalogue).key],
    })),
    leftOut: matrix.leftOut.filter((text) => !text.includes("regular expression")),
  };
}

function attemptsOf(
  all: readonly { user: string; database: string; address: string | null; kind: Kind; physical: boolean }[],
): { attempt: Attempt; kind: Kind }[] {
  return all.map(({ user, database, address, kind, physical }) => ({
    kind: address === null ? "local" : kind,
    attempt: {
      user,
      address,
      ssl: address !== null && kind === "ssl",
      gssenc: address !== null && kind === "gss",
      replication: physical,
      ...(physical ? {} : { database }),
    },
  }));
}

const ident = String.raw`m w a
m w +g
m /^(.*)@x$ \1
`;
const systemUsers = fc.constantFrom(null, "w", "a", "else@x", "nobody");

const interfaces = [{ ip: "\n\u0001\u0002\u0009", mask: "\u00ff\u00ff\u00ff\0" }];

test("each attempt is in one row, and that says what the decision says", () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(files, attempts, fc.boolean(), systemUsers, (hba, some, known, systemUser) => {
      const context = { facts: known ? { interfaces } : {}, catalogue: null, most: 1_000_000 };
      const { matrix, decisions, leftOut } = answersOf(
        policyOf(hba, ident),
        context,
        attemptsOf(some),
        systemUser,
      );
      expect(leftOut).toEqual([]);
      expect(matrix).toEqual(decisions);
    }),
    { numRuns: runs },
  );
});

test("with a catalogue, too", () => {
  expect.hasAssertions();
  const roles: RoleCatalogue | { error: string } = catalogue;
  if ("error" in roles) throw new Error(roles.error);
  const membership = (role: string, group: string): boolean => isCatalogueMember(roles, role, group);
  const isThere = (attempt: Attempt): boolean =>
    roles.roles.has(attempt.user) &&
    (attempt.replication === true || roles.databases?.has(attempt.database ?? attempt.user) === true);
  fc.assert(
    fc.property(files, attempts, (hba, some) => {
      const context = { facts: { membership, interfaces }, catalogue: roles, most: 1_000_000 };
      const asked = attemptsOf(some).filter(({ attempt }) => isThere(attempt));
      const { matrix, decisions, leftOut } = answersOf(policyOf(hba, ident), context, asked);
      expect(leftOut).toEqual([]);
      expect(matrix).toEqual(decisions);
    }),
    { numRuns: runs },
  );
});
