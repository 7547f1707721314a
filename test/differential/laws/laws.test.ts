import { isDeepStrictEqual } from "node:util";
import { decide, explain, explanationText, serverProfile, utf8Text } from "@sallyport/policy";
import type { Attempt, Decision, Explanation, Facts, ProfileOptions } from "@sallyport/policy";
import { seededRandom } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { identityOf, realmRules } from "./identities.ts";
import { treeFor } from "../decisions/tree-for.ts";
import { loadingPolicy, policyOf } from "./policy-of.ts";
import { attemptOf, factsOf, someProfile, treeOf } from "./some-attempt.ts";

/**
 * What no server at hand can be asked, since it takes Kerberos or Windows, or settings that tests do not change: laws of
 * the manual (20.2, 20.6, 20.7) that lead back to what the other comparisons do ask a server.
 */

/** Fresh in every run, and printed: `SEED=n` shows the same files and attempts again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many files are made for each law. */
const files = Number(process.env["LAWS"] ?? 40);
const perFile = 20;

describe(`laws of the decision (SEED=${seed})`, { timeout: 600_000 }, () => {
  test("gss and sspi are peer, once the realm has been seen to", () => {
    const wished = [
      "another realm",
      "authenticate",
      "refused",
      "authenticate, any case",
      "refused, any case",
    ];
    const law = (r: Random): (() => Checked) => {
      const made = realmRules(r);
      const profile: ProfileOptions = {
        version: r.pick(["10", "15.2", "160001", "18", "19rc1"]),
        with: ["sspi"],
      };
      const folds = r.chance(0.5);
      const kerberos = policyOf(made.files(made.method), {
        ...profile,
        settings: { krb_caseins_users: folds },
      });
      const local = policyOf(made.files("peer"), profile);
      const small = policyOf(made.files("peer", true), profile);
      const ignoresCase = made.method === "sspi" || folds;
      return () => {
        const { user, principal } = identityOf(r);
        const known: Facts = r.chance(0.4) ? {} : { membership: (role, group) => role.length > group.length };
        const got = decide(kerberos, { ...client, user, systemUser: principal }, known);
        const at = principal.indexOf("@");
        const [account, realm] =
          at < 0 ? [principal, null] : [principal.slice(0, at), principal.slice(at + 1)];
        if (made.realm !== "" && (realm === null || !isSame(realm, made.realm, ignoresCase))) {
          const why =
            realm === null
              ? "GSSAPI did not return realm but realm matching was requested"
              : `GSSAPI realm (${realm}) and configured realm (${made.realm}) don't match`;
          return { got: [got.outcome, got.map?.error], wanted: ["refused", why], outcome: "another realm" };
        }
        const name = made.includesRealm ? principal : account;
        if (!ignoresCase) {
          const wanted = decide(local, { user, systemUser: name }, known);
          return { got: verdict(got), wanted: verdict(wanted), outcome: wanted.outcome };
        }
        // Case does not count: with everything in small letters it comes to what is compared byte by byte.
        const wanted = decide(small, { user: lower(user), systemUser: lower(name) }, known);
        return { got: got.map?.matched, wanted: wanted.map?.matched, outcome: `${wanted.outcome}, any case` };
      };
    };
    const outcomes = eachAttempt(1, law, wished);
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(wished));
  });

  test("who the client is has to be known where a map decides, and nowhere else", () => {
    const outcomes = eachAttempt(2, (r) => {
      const made = realmRules(r);
      const policy = policyOf(made.files(r.pick([made.method, "trust", "reject"])), { with: ["sspi"] });
      return () => {
        const { user } = identityOf(r);
        const got = decide(policy, { ...client, user }, {});
        const asks = got.rule?.method === "gss" || got.rule?.method === "sspi";
        const wanted = asks ? [{ fact: "system_user" }] : [];
        return { got: got.dependsOn, wanted, outcome: got.outcome };
      };
    });
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(["authenticate", "reject", "unknown"]));
  });

  test("db_user_namespace gives each database users of its own, but for those whose name ends in its first @", () => {
    const outcomes = eachAttempt(3, (r) => {
      const version = r.pick(["10", "13", "16", "17", "18"]);
      const made = realmRules(r);
      const text = made.files(r.pick(["trust", "reject", "password"]));
      const on = policyOf(text, { version, settings: { db_user_namespace: true } });
      const off = policyOf(text, { version });
      return () => {
        const user = r.pick(["bob", "bob@", "@", "bob@shop", "bob@@", "a@b@", "x".repeat(62), ""]) || "x";
        const database = r.pick(["shop", "bob", ""]);
        const whole = /^[^@]+@$|^@$/.test(user) ? user.slice(0, -1) : `${user}@${database || user}`;
        const role = Number(version) > 16 ? user : whole;
        const got = decide(on, { ...client, user, database });
        const wanted = decide(off, { ...client, user: role, database: database || user });
        return { got: outer(got), wanted: outer(wanted), outcome: got.outcome };
      };
    });
    expect(outcomes.size).toBeGreaterThan(1);
  });

  test("the zone of a client's address is shown, and nothing else comes of it", () => {
    eachAttempt(4, (r) => {
      const policy = policyOf(realmRules(r).files("reject"), { settings: { log_hostname: r.chance(0.5) } });
      return () => {
        const zone = r.pick(["eth0", "1", "lo"]);
        const address = r.pick(["fe80::1", "FE80:0::1", "fe80::a:b"]);
        const facts = r.pick<Facts>([{}, { hostname: { name: null, error: "x" } }]);
        const got = decide(policy, { user: "bob", address: `${address}%${zone}` }, facts);
        const wanted = decide(policy, { user: "bob", address }, facts);
        const shown = (text: string | null): string | undefined => text?.replaceAll(`%${zone}`, "");
        const [a, b] = [got, wanted].map(({ outcome, message }) => [outcome, shown(message)]);
        const wrong = r.pick([
          "10.0.0.1%lo",
          "::1%lo",
          "fe80::1%",
          "somewhere",
          "1.2.3.4.5",
          "300.1.1.1",
          "",
        ]);
        expect(() => decide(policy, { user: "bob", address: wrong })).toThrow(RangeError);
        return { got: a, wanted: b, outcome: got.outcome };
      };
    });
  });
});

test(`a version is the same however it is spelled (SEED=${seed})`, () => {
  const r = seededRandom(seed + 5);
  for (let made = 0; made < files; made += 1) {
    const [major, minor] = [10 + r.below(10), r.below(30)];
    const spelled = [`${major}.${minor}`, String(major * 10_000 + minor)];
    const [a, b] = spelled.map((version) => serverProfile({ version }));
    expect(a).toEqual(b);
    expect(a).not.toHaveProperty("error");
    expect(serverProfile({ version: `${major}${r.pick(["beta1", "rc2", "devel"])}` })).toEqual(
      serverProfile({ version: `${major}.0` }),
    );
    const wrong = r.pick(["9.6", "20", "1", "18.1.2", "180001.1", "180001beta1", "18x", "", "v18"]);
    expect(serverProfile({ version: wrong })).toHaveProperty("error");
  }
});

describe(`an explanation (SEED=${seed})`, { timeout: 600_000 }, () => {
  test("of who the client is to another system names the line and the words of the decision", () => {
    const outcomes = eachAttempt(6, (r) => {
      const made = realmRules(r);
      const policy = policyOf(made.files(r.pick([made.method, made.method, "trust", "reject", "md5"])), {
        version: r.pick(["10", "13", "16.3", "18"]),
        with: ["sspi"],
      });
      return () => {
        const { user, principal } = identityOf(r);
        const systemUser = r.chance(0.8) ? { systemUser: principal } : {};
        const attempt: Attempt = { ...client, user, ssl: r.chance(0.5), ...systemUser };
        const known: Facts = r.chance(0.3) ? {} : { membership: (role, group) => role.length > group.length };
        return explained(explain(policy, attempt, known, shown(r)));
      };
    });
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(everyOutcome));
  });

  test("of any rules does, too", () => {
    const outcomes = eachAttempt(7, (r) => {
      const policy = loadingPolicy((dialect) => treeFor(treeOf(r), dialect), someProfile(r));
      return () => explained(explain(policy, attemptOf(r), factsOf(r), shown(r)));
    });
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(everyOutcome));
  });
});

const everyOutcome = ["authenticate", "reject", "no_entry", "refused", "unknown"];

function shown(r: Random): { readonly catalogue: null; readonly now: Date; readonly whole: boolean } {
  return { catalogue: null, now: new Date(0), whole: r.chance(0.5) };
}

/** Does the text say what was decided? */
function explained(explanation: Explanation): Checked {
  const { outcome, message, rule, detail, map } = explanation.decision;
  const [headline = "", provenance = "", ...rest] = explanationText(explanation);
  const line = rule ? `${rule.line.file.replace(/.*\//s, "")}:${rule.line.number}` : "";
  const says = (label: string, bytes: string | null | undefined): boolean =>
    bytes == null || rest.includes(`${label}:  ${utf8Text(bytes)}`);
  const got = {
    message: message === null || headline === `FATAL:  ${utf8Text(message)}`,
    line: outcome !== "authenticate" || headline.endsWith(` by ${line}: ${rule?.method}`),
    decides: rule === null || outcome === "unknown" || provenance.includes(` ${line} decides`),
    log: says("LOG", map?.error),
    detail: map !== null || says("DETAIL", detail),
    unknown: (outcome === "unknown") === headline.startsWith("Unknown: "),
  };
  const wanted = { message: true, line: true, decides: true, log: true, detail: true, unknown: true };
  return { got, wanted, outcome };
}

const client = { address: "10.1.2.3", gssenc: false } as const;

interface Checked {
  readonly got: unknown;
  readonly wanted: unknown;
  readonly outcome: string;
}

/** Holds what is got against what is wanted; gives how often each outcome was seen. */
function eachAttempt(
  salt: number,
  makeFile: (r: Random) => () => Checked,
  wished: readonly string[] = [],
): ReadonlyMap<string, number> {
  const r = seededRandom(seed + salt);
  const outcomes = new Map<string, number>();
  const differences: string[] = [];
  // What comes about rarely may take more files.
  const isSeen = (): boolean => wished.every((outcome) => outcomes.has(outcome));
  for (let file = 0; file < files || (!isSeen() && file < 20 * files); file += 1) {
    const check = makeFile(r);
    for (let at = 0; at < perFile; at += 1) {
      const { got, wanted, outcome } = check();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (!isDeepStrictEqual(got, wanted))
        differences.push(`file ${file}: ${JSON.stringify(got)} and not ${JSON.stringify(wanted)}`);
    }
  }
  console.info("laws:", Object.fromEntries(outcomes));
  expect(differences.slice(0, 5)).toEqual([]);
  return outcomes;
}

function verdict({ outcome, map }: Decision): unknown {
  return [outcome, map && { ...map, mapping: map.mapping?.line.number }];
}

/** What depends on the role that was made of the user. */
function outer({ outcome, message, rule, connection }: Decision): unknown {
  return [outcome, message, rule?.line.number, connection];
}

function isSame(a: string, b: string, ignoresCase: boolean): boolean {
  return ignoresCase ? lower(a) === lower(b) : a === b;
}

function lower(text: string): string {
  return text.toLowerCase();
}
