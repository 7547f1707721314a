import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { Decision } from "./decide.ts";
import type { Attempt } from "./attempt.ts";
import type { Facts } from "./facts.ts";
import { parsePolicy } from "../policy.ts";
import type { Policy } from "../policy.ts";
import { serverProfile } from "../profile.ts";
import type { ProfileOptions } from "../profile.ts";

function policy(version: string, hba: string, ident = "", options: ProfileOptions = {}): Policy {
  const profile = serverProfile({ ...options, version });
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([
    ["/hba", { bytes: `${hba}\n` }],
    ["/ident", { bytes: ident }],
  ]);
  const source = { hbaFileName: "/hba", identFileName: "/ident", profile };
  const { policy: read, problems } = parsePolicy(source, {
    files,
    directories: new Map(),
    zones: new Map(),
    hosts: new Map(),
  });
  if (!read) throw new Error(JSON.stringify(problems));
  return read;
}

const bob: Attempt = { user: "bob", database: "shop", address: "10.0.0.1" };
const knownFacts: Facts = { membership: () => false };

function decided(version: string, attempt: Attempt, options: ProfileOptions = {}): Decision {
  return decide(policy(version, "local none none trust", "", options), attempt, knownFacts);
}

// What each release answers: test/differential/decisions.
describe("the words of a refusal", () => {
  test.each([
    ["10.23", bob, 'for host "10.0.0.1", user "bob", database "shop", SSL off'],
    ["13", { ...bob, ssl: true }, 'for host "10.0.0.1", user "bob", database "shop", SSL on'],
    ["14.0", bob, 'for host "10.0.0.1", user "bob", database "shop", no encryption'],
    ["12", { ...bob, gssenc: true }, 'for host "10.0.0.1", user "bob", database "shop", GSS encryption'],
    [
      "13",
      { ...bob, replication: "database" },
      'for replication connection from host "10.0.0.1", user "bob", SSL off',
    ],
    [
      "14",
      { ...bob, replication: "database" },
      'for host "10.0.0.1", user "bob", database "shop", no encryption',
    ],
    [
      "19",
      { ...bob, replication: true },
      'for replication connection from host "10.0.0.1", user "bob", no encryption',
    ],
  ] as const)("of %s", (version, attempt, words) => {
    expect(decided(version, attempt).message).toBe(`no pg_hba.conf entry ${words}`);
  });

  test.each([
    ["10", ""],
    ["11.22", ""],
    ["12", ", SSL off"],
    ["18", ", no encryption"],
  ])("of %s without SSL", (version, words) => {
    const { message } = decided(version, bob, { without: ["ssl"] });
    expect(message).toBe(`no pg_hba.conf entry for host "10.0.0.1", user "bob", database "shop"${words}`);
  });

  test("of a map name the file since 16", () => {
    const detail = (version: string): string | null =>
      decide(policy(version, "local all all peer"), { user: "bob", systemUser: "eve" }).detail;
    expect(detail("15")).toBe('Connection matched pg_hba.conf line 1: "local all all peer"');
    expect(detail("16")).toBe('Connection matched file "/hba" line 1: "local all all peer"');
  });
});

describe("the last column of a map", () => {
  const outcome = (version: string, ident: string, user: string, systemUser = "eve"): string =>
    decide(
      policy(version, "local all all peer map=m", ident),
      { user, systemUser },
      { membership: () => true },
    ).outcome;

  test.each([
    ["m eve all", "all", "bob"],
    ["m eve +staff", "+staff", "bob"],
    ["m eve /^b", "/^b", "bob"],
  ])("before 16 is a name: %s", (ident, name, other) => {
    expect([name, other].map((user) => outcome("15", ident, user))).toEqual(["authenticate", "refused"]);
    expect(outcome("16", ident, other)).toBe("authenticate");
  });

  test("has one back reference before 19", () => {
    const ident = String.raw`m /^(.*)$ \1x\1`;
    expect(["evexeve", String.raw`evex\1`].map((user) => outcome("18", ident, user))).toEqual([
      "refused",
      "authenticate",
    ]);
    expect(outcome("19", ident, "evexeve")).toBe("authenticate");
  });

  test("repeats no constraint of the group since 14", () => {
    const ident = String.raw`m /^(\mab)\1$ bob`;
    expect(["13", "14"].map((version) => outcome(version, ident, "bob", "abab"))).toEqual([
      "refused",
      "authenticate",
    ]);
  });
});

// What 10.23, 13.23 and 16.14 answer.
describe("with db_user_namespace", () => {
  test.each([
    ["bob", "shop", "bob@shop"],
    ["bob@", "shop", "bob"],
    ["b@b", "shop", "b@b@shop"],
    ["b@b@", "shop", "b@b@@shop"],
    ["@", "shop", ""],
    ["u".repeat(60), "d".repeat(70), `${"u".repeat(60)}@dd`],
  ])("%s of database %s is %s", (user, database, name) => {
    const settings = { db_user_namespace: true };
    expect(decided("16", { ...bob, user, database }, { settings }).connection.user).toBe(name);
    expect(decided("17", { ...bob, user, database }, { settings }).connection.user).toBe(user);
  });

  test("so are replication connections, by the database that they name", () => {
    const attempt: Attempt = { ...bob, replication: true };
    expect(decided("16", attempt, { settings: { db_user_namespace: true } }).message).toBe(
      'no pg_hba.conf entry for replication connection from host "10.0.0.1", user "bob@shop", no encryption',
    );
  });
});

// What 10.23, 13.23 and 16.14 log.
describe("with log_hostname the DETAIL tells of the name that was looked up", () => {
  const settings = { log_hostname: true };
  const detail = (attempt: Attempt, facts: Facts): string | null | readonly unknown[] => {
    const decision = decide(policy("18", "local none none trust", "", { settings }), attempt, facts);
    return decision.detail ?? decision.detailDependsOn;
  };

  test("which is [local] of a socket", () => {
    const words = 'Client IP address resolved to "[local]", forward lookup not checked.';
    expect(detail({ user: "bob" }, {})).toBe(words);
  });

  test("and which may not be known, or not be there", () => {
    expect(detail(bob, {})).toEqual([{ fact: "hostname", address: "10.0.0.1", name: null }]);
    expect(detail(bob, { hostname: { name: null, error: "x" } })).toEqual([]);
    expect(detail(bob, { hostname: { name: "db.example" } })).toBe(
      'Client IP address resolved to "db.example", forward lookup not checked.',
    );
  });
});
