import { isDeepStrictEqual } from "node:util";
import { compilePolicy, decide, parseIpv4, utf8Bytes } from "@sallyport/policy";
import type { Attempt, Facts, ProfileOptions } from "@sallyport/policy";
import {
  decisionAttempt,
  decisionRules,
  loopbackAddress,
  mapFiles,
  roleNames,
  seededRandom,
} from "@sallyport/testkit";
import type { Random, Tree } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { treeFor } from "./majors.ts";
import { policyOf } from "./policy-of.ts";

/** Fresh in every run, and printed: `SEED=n` shows the same files and attempts again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many attempts are decided both ways. */
const asked = Number(process.env["COMPILED"] ?? 20_000);
/** Each generated file is held against so many of them. */
const perFile = 200;

describe(`a compiled policy and the plain list of its rules (SEED=${seed})`, () => {
  test("come to the same decision", { timeout: 3_600_000 }, () => {
    const r = seededRandom(seed);
    const differences: string[] = [];
    const outcomes = new Map<string, number>();
    for (let file = 0; file * perFile < asked; file += 1) {
      const options = someProfile(r);
      const plain = policyOf((dialect) => treeFor(treeOf(r), dialect), options);
      const compiled = compilePolicy(plain);
      for (let at = 0; at < perFile; at += 1) {
        const [attempt, facts] = [attemptOf(r), factsOf(r)];
        const expected = decide(plain, attempt, facts);
        if (!isDeepStrictEqual(decide(compiled, attempt, facts), expected))
          differences.push(`file ${file}: ${JSON.stringify(attempt)}`);
        outcomes.set(expected.outcome, (outcomes.get(expected.outcome) ?? 0) + 1);
      }
    }
    console.info("compiled:", Object.fromEntries(outcomes));
    expect(differences).toEqual([]);
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(["authenticate", "reject", "no_entry", "refused", "unknown"]),
    );
  });
});

/** Rules and maps, as some version with some settings reads them. */
function someProfile(r: Random): ProfileOptions {
  return {
    version: r.pick(["10", "13", "14", "15.2", "160004", "18", "18", "19"]),
    without: r.pick([[], [], ["ssl"], ["gssapi"]]),
    settings: { log_hostname: r.chance(0.2), db_user_namespace: r.chance(0.2), ssl: r.chance(0.8) },
  };
}

function treeOf(r: Random): Tree {
  const lines = r.pick([1 + r.below(30), 10 + r.below(400)]);
  const admits = r.pick(["trust", "ident", "ident map=m", "ident map=n"]);
  const maps = new Map(mapFiles(r, roleNames));
  maps.delete("pg_hba.conf");
  return new Map([...decisionRules(r, { lines, hostNames: r.chance(0.5), admits }), ...maps]);
}

function attemptOf(r: Random): Attempt {
  const addresses = [
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:127.0.0.1",
    "10.1.2.3",
    loopbackAddress(r),
    loopbackAddress(r),
  ];
  const { user, database, ...rest } = decisionAttempt(r, addresses);
  return {
    ...rest,
    user: utf8Bytes(user),
    ...(database !== undefined && { database: utf8Bytes(database) }),
    gssenc: rest.address !== null && r.chance(0.1),
    ...(r.chance(0.7) && {
      systemUser: utf8Bytes(r.chance(0.5) ? user : (roleNames[r.below(roleNames.length)] ?? user)),
    }),
  };
}

/** Each of them known or not; a membership may be known of some groups only. */
function factsOf(r: Random): Facts {
  const salt = r.below(1000);
  const knows = r.pick([0, 2, 3, 3]);
  const own = parseIpv4("127.0.0.1") ?? "";
  const hostname = r.pick<Facts["hostname"]>([
    undefined,
    { name: null, error: "Name or service not known" },
    { name: "localhost" },
    { name: "localhost", forward: { addresses: [own] } },
    { name: "a.localdomain", forward: { error: "No address associated with hostname" } },
  ]);
  return {
    ...(knows > 0 && {
      membership: (role: string, group: string) =>
        [undefined, role === group, true, false][(salt + role.length * 7 + group.length * 3) % (knows + 1)],
    }),
    ...(hostname && { hostname }),
    ...(r.chance(0.5) && { interfaces: [{ ip: own, mask: r.pick(["\u00ff\0\0\0", null, "\0\0\0\0"]) }] }),
  };
}
