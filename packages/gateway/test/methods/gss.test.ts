import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ticket } from "@sallyport/testkit";
import { startGssTwins } from "./gss-twins.ts";
import type { GssTwins } from "./gss-twins.ts";

let twins: GssTwins;
let tickets: Record<string, Ticket>;

const hba = `hostgssenc all encrypted all gss include_realm=0
hostnogssenc all plain all gss include_realm=0
host all mapped all gss map=m
host all unmapped all gss map=nothing
host all app all gss include_realm=0
host all realm all gss include_realm=0 krb_realm=EXAMPLE.COM
host all otherrealm all gss include_realm=0 krb_realm=EXAMPLE.ORG
host all app@EXAMPLE.COM all gss
host all Upper all gss include_realm=0
host all certain all trust
host all secretive all scram-sha-256
host all broken all gss map=b
host all all all gss
`;
const users = "encrypted plain mapped unmapped app realm otherrealm upper broken nologin stranger".split(" ");
const ident = "m /^(.*)@EXAMPLE\\.COM$ \\1\nb /^(.*)@EXAMPLE\\.COM$ \\2\n";
const statements = [
  ...["encrypted", "plain", "mapped", "unmapped", "realm", "otherrealm", "certain", "broken"].map(
    (role) => `create role ${role} login`,
  ),
  'create role "app@EXAMPLE.COM" login',
  'create role "Upper" login',
  'create role "nologin@EXAMPLE.COM"',
  "create role secretive login password 'a-secret-planted'",
];

beforeAll(async () => {
  twins = await startGssTwins({ users, hba, ident, statements });
  tickets = Object.fromEntries(
    await Promise.all(users.map(async (user) => [user, await twins.kdc.ticket(user)] as const)),
  );
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

/** By what encryption; `-`: not at all. */
type Letter = "G" | "P" | "-";

const rows: readonly (readonly [
  title: string,
  role: string,
  ticket: string | null,
  ways: readonly [disable: Letter, prefer: Letter, require: Letter],
])[] = [
  ["the role that the principal names, without its realm", "app", "app", ["P", "G", "G"]],
  ["another's ticket", "app", "plain", ["-", "-", "-"]],
  ["without a ticket", "app", null, ["-", "-", "-"]],
  ["the role that the whole principal names", "app@EXAMPLE.COM", "app", ["P", "G", "G"]],
  ["the whole principal without include_realm=0", "stranger", "stranger", ["-", "-", "-"]],
  ["a map", "mapped", "mapped", ["P", "G", "G"]],
  ["a map and another's ticket", "mapped", "app", ["-", "-", "-"]],
  ["a map without a line for it", "unmapped", "unmapped", ["-", "-", "-"]],
  ["a map whose expression has no such group", "broken", "broken", ["-", "-", "-"]],
  ["the realm that is asked for", "realm", "realm", ["P", "G", "G"]],
  ["not in the case of the role", "Upper", "upper", ["-", "-", "-"]],
  ["hostgssenc", "encrypted", "encrypted", ["-", "G", "G"]],
  ["hostnogssenc", "plain", "plain", ["P", "P", "-"]],
  ["trust, with a ticket", "certain", "app", ["P", "G", "G"]],
  ["trust, without one", "certain", null, ["P", "P", "-"]],
  ["SCRAM, with a ticket", "secretive", "app", ["P", "G", "G"]],
  ["a role that may not log in", "nologin@EXAMPLE.COM", "nologin", ["-", "-", "-"]],
];

describe("a line, a role and a ticket come to what they come to with PostgreSQL", () => {
  describe.for(rows)("%s", ([, role, owner, ways]) => {
    test.for([
      ["disable", ways[0]],
      ["prefer", ways[1]],
      ["require", ways[2]],
    ] as const)("gssencmode=%s", async ([mode, letter]) => {
      const ticket = owner === null ? null : (tickets[owner] ?? null);
      const password = role === "secretive" ? "password=a-secret-planted" : "";
      const { gate, postgres } = await twins.knock(`user=${role} gssencmode=${mode} ${password}`, ticket);
      expect(gate).toEqual(postgres);
      const { status, stdout } = gate.result;
      const way = stdout.includes("GSSAPI-encrypted") ? "G" : "P";
      expect(status === 0 ? way : "-").toBe(letter);
    });
  });
});

test("another realm than krb_realm is refused; why, the gate says without being asked for DEBUG2", async () => {
  const { gate, postgres } = await twins.knock(
    "user=otherrealm gssencmode=require",
    tickets["otherrealm"] ?? null,
  );
  expect(gate.result).toEqual(postgres.result);
  const why = "00000|LOG:  GSSAPI realm (EXAMPLE.COM) and configured realm (EXAMPLE.ORG) don't match";
  expect(gate.log.filter((line) => line !== why)).toEqual(postgres.log);
  expect(gate.log).toContain(why);
  expect(gate.log).toContain(
    '00000|LOG:  connection authenticated: identity="otherrealm@EXAMPLE.COM" method=gss (pg_hba.conf:7)',
  );
});

describe("a login is logged", () => {
  test.for([
    [
      "disable",
      "app",
      "authenticated=yes, encrypted=no, delegated_credentials=no, principal=app@EXAMPLE.COM",
      "none",
    ],
    [
      "require",
      "app",
      "authenticated=yes, encrypted=yes, delegated_credentials=no, principal=app@EXAMPLE.COM",
      "gss",
    ],
    ["require", "certain", "authenticated=no, encrypted=yes, delegated_credentials=no", "gss"],
  ])("gssencmode=%s, role %s", async ([mode, role, words, encryption]) => {
    const before = twins.gate.log().length;
    await twins.knock(`user=${role} gssencmode=${mode}`, tickets["app"] ?? null);
    const log = twins.gate.log().slice(before);
    expect(log).toContain(
      `connection authorized: user=${role} database=shop application_name=psql GSS (${words}) upstream=`,
    );
    expect(log).toMatch(new RegExp(` method=\\w+ encryption=${encryption}`));
  });
});

describe("channel binding", () => {
  test("there is none to SCRAM within GSSAPI encryption, so nobody is offered it", async () => {
    const asked = "user=secretive password=a-secret-planted channel_binding=require gssencmode=require";
    const { gate, postgres } = await twins.knock(asked, tickets["app"] ?? null);
    expect(gate).toEqual(postgres);
    expect(gate.result.stderr).toContain("channel binding required, but SSL not in use");
  });
});

test("no password and no token is in the log", () => {
  expect(twins.gate.log()).not.toContain("a-secret-planted");
});

test("with krb_caseins_users the case of names and realms does not count, as in PostgreSQL", async () => {
  const caseless = "host all Upper all gss include_realm=0 krb_realm=example.com\n";
  await using insensitive = await startGssTwins({
    users: ["upper"],
    hba: `${caseless}host all mapped all gss map=m\n`,
    ident: "m UPPER@EXAMPLE.COM mapped\n",
    statements: ['create role "Upper" login', "create role mapped login"],
    settings: { krb_caseins_users: "on" },
  });
  const ticket = await insensitive.kdc.ticket("upper");
  for (const role of ["Upper", "mapped"]) {
    const { gate, postgres } = await insensitive.knock(`user=${role} gssencmode=require`, ticket);
    expect(gate).toEqual(postgres);
    expect(gate.result.status).toBe(0);
  }
});
