import { isDeepStrictEqual } from "node:util";
import { compilePolicy, decide, parseIpv4, parsePolicy, serverProfile, utf8Bytes } from "@sallyport/policy";
import type { Attempt, Disk, Facts, FileContent, Policy } from "@sallyport/policy";
import { decisionAttempt, decisionRules, loopbackAddress } from "@sallyport/testkit";
import type { Random, Tree } from "@sallyport/testkit";
import { count } from "../contest.ts";
import type { Comparison, Round } from "../contest.ts";

/** Each generated file is held against so many attempts. */
const perFile = 200;

/** The index over the rules of a file, and the plain list of them. No server is needed for this. */
export const compiled: Comparison = {
  name: "compiled",
  usual: ["authenticate", "reject", "no_entry", "unknown"],
  entrants: () => [
    {
      unit: "attempts",
      opponent: "the plain list of rules",
      test: "npx vitest run test/differential/compiled",
      start: async () =>
        await Promise.resolve({
          round: async (r: Random) => await Promise.resolve(compiledRound(r)),
          [Symbol.asyncDispose]: async () => await Promise.resolve(),
        }),
    },
  ],
};

function compiledRound(r: Random): Round {
  const differences: string[] = [];
  const outcomes = new Map<string, number>();
  const plain = policyOf(decisionRules(r, { lines: 10 + r.below(400), hostNames: r.chance(0.5) }));
  const index = compilePolicy(plain);
  for (let at = 0; at < perFile; at += 1) {
    const [attempt, facts] = [attemptOf(r), factsOf(r)];
    const expected = decide(plain, attempt, facts);
    if (!isDeepStrictEqual(decide(index, attempt, facts), expected))
      differences.push(JSON.stringify({ attempt, expected: expected.outcome }));
    count(outcomes, expected.outcome);
  }
  return { cases: perFile, outcomes, differences };
}

function policyOf(tree: Tree): Policy {
  const profile = serverProfile();
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map<string, FileContent>([
    ["/missing.conf", { openError: { code: "ENOENT", reason: "No such file or directory" } }],
  ]);
  for (const [name, entry] of tree) if (entry.kind === "file") files.set(`/${name}`, { bytes: entry.bytes });
  const inExtra = [...tree.keys()].filter((name) => name.startsWith("extra/"));
  const entries = inExtra.map((name) => ({ name: name.slice("extra/".length), kind: "file" as const }));
  const directories = new Map([["/extra", { entries }]]);
  const disk: Disk = { files, directories, zones: new Map(), hosts: new Map() };
  const { policy, needs, problems } = parsePolicy(
    { hbaFileName: "/pg_hba.conf", identFileName: null, profile },
    disk,
  );
  if (!policy) throw new Error(JSON.stringify([needs, problems.map(({ text }) => text)]));
  return policy;
}

function attemptOf(r: Random): Attempt {
  const addresses = [
    "::1",
    "fe80::1",
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
    ...(r.chance(0.5) && { interfaces: [{ ip: own, mask: "\u00ff\0\0\0" }] }),
  };
}
