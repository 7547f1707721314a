import {
  chooseRule,
  parseClientAddress,
  parseIpv4,
  parseIpv6,
  parsePolicy,
  serverProfile,
  verifiedName,
} from "@sallyport/policy";
import type { Bytes, Facts, Ip, Policy, RoleCatalogue } from "@sallyport/policy";
import { array, constantFrom, nat, oneof, tuple } from "fast-check";
import type { Arbitrary } from "fast-check";
import { transports } from "../src/space/lanes.ts";
import { notDecided } from "../src/space/not-decided.ts";
import type { NotDecided } from "../src/space/not-decided.ts";
import type { Point } from "../src/space/point.ts";
import { knownFacts } from "../src/space/side.ts";
import { Effort } from "../src/space/effort.ts";
import { createSpace } from "../src/space/space.ts";
import type { KnownWorld, Space } from "../src/space/space.ts";
import type { Witness } from "../src/space/witness.ts";
import { connectionAt, factsAt } from "../src/space/world.ts";

// A world that is small enough to ask about every connection in it.

export function policyOf(hba: string, ident = "", version = "18"): Policy {
  const profile = serverProfile({ version });
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

/** Of 3 bits, around what rules of the small world are about; and one that none is. */
const addresses: readonly Ip[] = [
  ...Array.from({ length: 8 }, (_, last) => ip(`10.0.0.${last}`)),
  ip("192.0.2.9"),
  ip("fe80::1"),
];

function ip(text: string): Ip {
  return parseIpv4(text) ?? parseIpv6(text) ?? "";
}

const names: readonly Bytes[] = ["a", "b", "ab", "fresh"];

export const smallCatalogue: RoleCatalogue = {
  roles: new Map(
    (
      [
        ["a", ["b"]],
        ["b", []],
        ["ab", ["a", "gone"]],
        ["g", ["ab"]],
      ] as const
    ).map(([name, memberOf]) => [
      name,
      {
        name,
        login: true,
        superuser: false,
        replication: null,
        validUntil: null,
        secret: undefined,
        memberOf,
        inherits: [],
      },
    ]),
  ),
  databases: null,
};

export const allKnown: KnownWorld = {
  catalogue: smallCatalogue,
  interfaces: [
    { ip: ip("10.0.0.3"), mask: ip("255.255.255.254") },
    { ip: ip("fe80::2"), mask: null },
  ],
};

export const nothingKnown: KnownWorld = { catalogue: null, interfaces: null };

/** Every connection of the small world, in every world that is left open. */
export function everyPoint(known: KnownWorld): readonly Point[] {
  const points: Point[] = [];
  const groupings = known.catalogue ? [[]] : [[], ["a"], ["b"], ["a", "b"]];
  const nears = known.interfaces ? [null] : ([null, "samehost", "samenet"] as const);
  const few = known.catalogue ? addresses : addresses.filter((_, at) => at % 3 === 0);
  for (const transport of transports) {
    for (const physical of [false, true]) {
      for (const role of names) {
        for (const database of physical ? [""] : names) {
          for (const groups of groupings) {
            const who = { transport, physical, role, database, groups: inItself(role, groups) };
            if (transport === "local") points.push({ ...who, address: null, hostname: null, near: null });
            else {
              for (const address of few)
                for (const hostname of [null, "db.example.com", "x.db.example.com"])
                  for (const near of nears) points.push({ ...who, address, hostname, near });
            }
          }
        }
      }
    }
  }
  return points;
}

/** Who is in any group exists, and so is in itself. */
function inItself(role: Bytes, groups: readonly Bytes[]): ReadonlySet<Bytes> {
  return new Set(groups.length > 0 ? [...groups, role] : groups);
}

/** The place of the rule that decides, by the plain list; its length: none does. */
export function naively({ rules }: Policy, point: Point, space: Space): number | NotDecided {
  const { place, perhaps } = chooseRule(rules, connectionAt(point), factsAt(point, space));
  return perhaps.length > 0 ? notDecided : (place ?? rules.length);
}

export function spaceOf(known: KnownWorld): Space {
  return createSpace(known, new Effort(0));
}

function column(...words: string[]): Arbitrary<string> {
  const item = constantFrom(...words);
  return oneof(
    { weight: 4, arbitrary: item },
    array(item, { minLength: 2, maxLength: 3 }).map((items) => items.join(",")),
  );
}

const network = oneof(
  {
    weight: 4,
    arbitrary: tuple(nat(7), constantFrom(29, 30, 31, 32)).map(
      ([last, length]) => `10.0.0.${last}/${length}`,
    ),
  },
  {
    weight: 3,
    arbitrary: constantFrom(
      "all",
      "0.0.0.0/0",
      "::/0",
      "10.0.0.1 255.255.255.253",
      "10.0.0.2 0.0.0.2",
      "samehost",
      "samenet",
      "db.example.com",
      "DB.example.com",
      ".example.com",
      ".db.example.com",
    ),
  },
);

/** One line of a `pg_hba.conf` about the small world. */
export const smallRule: Arbitrary<string> = tuple(
  constantFrom("local", "host", "host", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"),
  column("all", "sameuser", "samerole", "replication", "a", "b", "ab", "/^a", "/b$", "/^.$", "/(?=a)"),
  column("all", "+a", "+b", "a", "b", "ab", "/^a", "/b$", "/^[^a]", String.raw`/(.)\1`),
  network,
  constantFrom("trust", "reject", "scram-sha-256", "md5"),
).map(([type, database, user, address, method]) =>
  [type, database, user, ...(type === "local" ? [] : [address]), method].join(" "),
);

export function smallRules(most: number): Arbitrary<readonly string[]> {
  return array(smallRule, { minLength: 1, maxLength: most });
}

/** How often a property is tried: `RUNS` times as often in long runs. */
export function runs(count: number): { readonly numRuns: number } {
  return { numRuns: count * Number(process.env["RUNS"] ?? 1) };
}

/** What `explain` is told for a witness. */
export function factsOf({ attempt, hostname }: Witness, known: KnownWorld): Facts {
  const client = attempt.address == null ? null : parseClientAddress(attempt.address);
  return {
    ...knownFacts(known),
    ...(hostname === undefined ? {} : { hostname: verifiedName(hostname, client) }),
  };
}
