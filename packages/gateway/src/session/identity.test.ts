import type { HbaRule, Policy } from "@sallyport/policy";
import { policyOfTexts } from "@sallyport/testkit";
import { FatalError } from "@sallyport/wire";
import { describe, expect, test } from "vitest";
import { admitIdentity } from "./identity.ts";

const ident = "m os bob\nm os +staff\n";

/** What becomes of an identity on this line: `in`, or the FATAL, its log DETAIL and what else was logged. */
function outcome(line: string, role: string, identity: string | null): readonly string[] {
  const policy = policyOfTexts(
    `${line}
`,
    ident,
  );
  const [rule] = policy.rules;
  if (!rule) throw new Error("the line does not load");
  return admitted(policy, rule, role, identity);
}

function admitted(policy: Policy, rule: HbaRule, role: string, identity: string | null): readonly string[] {
  const logged: string[] = [];
  const log = { log: (_: string, text: string): void => void logged.push(text) };
  const row = {
    exists: true,
    secret: null,
    expired: false,
    memberOf: new Set([role, "staff"]),
    canLogIn: true,
    superuser: false,
    reserved: false,
    askedAt: 0,
    ground: null,
  };
  try {
    admitIdentity(policy, rule, role, identity, row, log);
    return ["in", ...logged];
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    return [error.code, error.message, error.logDetail ?? "", ...logged];
  }
}

describe("an identity", () => {
  test.each([
    ["local all all peer", "bob", "bob"],
    ["local all all peer map=m", "bob", "os"],
    ["local all all peer map=m", "carl", "os"],
    ["local all all scram-sha-256", "bob", "bob"],
    ["local all all trust", "bob", null],
  ])("%s: %s, proved to be %s, is in", (line, role, identity) => {
    expect(outcome(line, role, identity)).toEqual(["in"]);
  });

  test.each([
    [
      "local all all peer",
      "bob",
      "os",
      "provided user name (bob) and authenticated user name (os) do not match",
    ],
    [
      "local all all peer map=m",
      "bob",
      "eve",
      'no match in usermap "m" for user "bob" authenticated as "eve"',
    ],
  ])("%s: %s, proved to be %s, is refused, and the log alone says why", (line, role, identity, why) => {
    const [code, message, detail, ...logged] = outcome(line, role, identity);
    expect([code, message]).toEqual(["28000", `Peer authentication failed for user "${role}"`]);
    expect(detail).toBe(`Connection matched file "/hba" line 1: "${line}"`);
    expect(logged).toEqual([why]);
  });

  test("that nobody proved is no identity for a method that has one", () => {
    expect(outcome("local all all peer", "bob", null)[0]).toBe("28000");
  });
});
