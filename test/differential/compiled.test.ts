import { isDeepStrictEqual } from "node:util";
import { compilePolicy, decide, parseIpv4, parsePolicy, serverProfile, utf8Bytes } from "@sallyport/policy";
import type { Attempt, Disk, Facts, FileContent, Policy } from "@sallyport/policy";
import { decisionAttempt, decisionRules, loopbackAddress, seededRandom } from "@sallyport/testkit";
import type { Random, Tree } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";

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
      const plain = policyOf(decisionRules(r, { lines: 10 + r.below(400), hostNames: r.chance(0.5) }));
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
    expect(differences.slice(0, 4), `${differences.length} of SEED=${seed}`).toEqual([]);
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(["authenticate", "reject", "no_entry", "unknown"]),
    );
  });
});

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
