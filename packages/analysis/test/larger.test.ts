import { connectionOf, maskOf, parseIpv4, parsePolicy, utf8Bytes } from "@sallyport/policy";
import type { DirectoryContent, FileContent, Policy, RoleCatalogue } from "@sallyport/policy";
import {
  decisionAttempt,
  decisionRules,
  loopbackAddress,
  profileOf,
  roleNames,
  seededRandom,
} from "@sallyport/testkit";
import type { Random, Tree } from "@sallyport/testkit";
import { assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { compareOutcomes } from "../src/diff/kind.ts";
import { coverage, diff } from "../src/index.ts";
import type { KnownWorld } from "../src/index.ts";
import type { Transport } from "../src/space/lanes.ts";
import { notDecided } from "../src/space/not-decided.ts";
import { contains } from "../src/space/point.ts";
import type { Point } from "../src/space/point.ts";
import { sideOf } from "../src/space/side.ts";
import { naively, runs, spaceOf } from "./universe.ts";

// Files as the differential tests give them to PostgreSQL, and connections out of a world that is too large to ask about all of it.

const profile = profileOf();
const root = "/etc";

function policyOf(tree: Tree, hba: string): Policy {
  const files = new Map<string, FileContent>([[`${root}/hba`, { bytes: hba }]]);
  const directories = new Map<string, DirectoryContent>();
  for (const [path, entry] of tree) {
    if (entry.kind === "file") files.set(`${root}/${path}`, { bytes: entry.bytes });
    else if (entry.kind === "directory") {
      const inside = [...tree.keys()].filter((other) => other.startsWith(`${path}/`));
      const entries = inside.map((other) => ({ name: other.slice(path.length + 1), kind: "file" as const }));
      directories.set(`${root}/${path}`, { entries });
    }
  }
  files.set(`${root}/missing.conf`, { openError: { code: "ENOENT", reason: "No such file or directory" } });
  const disk = { files, directories, zones: new Map(), hosts: new Map() };
  const { policy, problems } = parsePolicy(
    { hbaFileName: `${root}/hba`, identFileName: null, profile },
    disk,
  );
  if (!policy) throw new Error(problems.map(({ text }) => text).join("\n"));
  return policy;
}

/** A file, and the same with a few rules before and behind. */
function twoPolicies(r: Random): { readonly old: Policy; readonly now: Policy } {
  const tree = decisionRules(r, { lines: 25, hostNames: true, admits: "scram-sha-256" });
  const textOf = (one: Tree): string => {
    const entry = one.get("pg_hba.conf");
    return entry?.kind === "file" ? entry.bytes : "";
  };
  const few = (): string => textOf(decisionRules(r, { lines: 1 + r.below(3), hostNames: true }));
  const old = textOf(tree);
  return { old: policyOf(tree, old), now: policyOf(tree, few() + old + few()) };
}

function randomWorld(r: Random): KnownWorld {
  const names = roleNames.map(utf8Bytes);
  const attributes = {
    login: true,
    superuser: false,
    replication: null,
    validUntil: null,
    secret: undefined,
  };
  const roles = names.map((name, at) => {
    // Groups come behind their members, so that there are no circles.
    const memberOf = names.filter((_, other) => other > at && r.chance(0.15));
    return [name, { name, ...attributes, memberOf, inherits: memberOf }] as const;
  });
  const catalogue: RoleCatalogue = { roles: new Map(roles), databases: null };
  const ip = parseIpv4(loopbackAddress(r)) ?? "";
  return { catalogue, interfaces: [{ ip, mask: maskOf(8 * r.below(5), 4) }] };
}

function randomPoint(r: Random): Point {
  const attempt = decisionAttempt(r, ["127.0.0.1", loopbackAddress(r), loopbackAddress(r), "::1", "fe80::1"]);
  const { user, database, ...rest } = attempt;
  const names = {
    user: utf8Bytes(user),
    ...(database === undefined ? {} : { database: utf8Bytes(database) }),
  };
  const connection = connectionOf({ ...rest, ...names });
  const transport: Transport =
    connection.client === null ? "local" : connection.encryption === "ssl" ? "ssl" : r.pick(["plain", "gss"]);
  return {
    transport,
    physical: connection.replication === true,
    address: connection.client && connection.client.ip,
    role: connection.user,
    database: connection.database,
    hostname: connection.client && r.pick([null, "localhost", "ip6-localhost", "x.localdomain"]),
    near: null,
    groups: new Set(),
  };
}

const samples = 200;

describe("of larger files, connections by chance", () => {
  test("are decided as regions of changes, and the coverage, have it", () => {
    assert(
      property(integer(), constantFrom(true, false), (seed, isKnown) => {
        const r = seededRandom(seed);
        const { old, now } = twoPolicies(r);
        const known = isKnown ? randomWorld(r) : { catalogue: null, interfaces: null };
        const points = Array.from({ length: samples }, () => randomPoint(r));
        const unreachable = new Set(
          [...coverage(now, known)].flatMap((one) => (one.status === "unreachable" ? one.place : [])),
        );
        const { changes, undecided, space } = diff(old, now, known);
        const sides = { old: sideOf(old, space), new: sideOf(now, space) };
        const wrong = points.filter((point) => {
          const a = naively(old, point, space);
          const b = naively(now, point, space);
          if (a === notDecided || b === notDecided) return false;
          const rules = { old: sides.old.ruleAt(a) ?? null, new: sides.new.ruleAt(b) ?? null };
          const same = (one: typeof rules): boolean => one.old === rules.old && one.new === rules.new;
          const { kind } = compareOutcomes(sides.old.outcomeAt(a), sides.new.outcomeAt(b));
          const mine = changes.filter((one) => same(one.rules));
          const isThere = kind === null ? mine.length === 0 : mine.length === 1 || undecided.some(same);
          const isInside = changes.every((change) => {
            const inside = change.region.boxes.some((box) => contains(box, point, space));
            return same(change.rules) ? inside : !(change.region.exact && inside);
          });
          return unreachable.has(b) || !isThere || !isInside;
        });
        expect(wrong).toEqual([]);
        const misled = changes.filter(
          (one) => one.old.rule !== one.rules.old || one.new.rule !== one.rules.new,
        );
        expect(misled).toEqual([]);
      }),
      runs(3),
    );
  });
});

test("a policy is the same as itself", () => {
  assert(
    property(integer(), (seed) => {
      const { old } = twoPolicies(seededRandom(seed));
      expect(diff(old, old, spaceOf({ catalogue: null, interfaces: null }).known).changes).toEqual([]);
    }),
    runs(3),
  );
});
