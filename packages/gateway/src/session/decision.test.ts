import { parsePolicy, serverProfile } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { expect, test } from "vitest";
import { Resolver, systemNames } from "../resolver/index.ts";
import { decideRule } from "./decision.ts";

const row = {
  exists: true,
  secret: null,
  expired: false,
  memberOf: new Set<string>(),
  canLogIn: true,
  superuser: false,
  reserved: false,
};

function policy(hba: string): Policy {
  const profile = serverProfile();
  if ("error" in profile) throw new Error(profile.error);
  const disk = {
    files: new Map([["/hba", { bytes: hba }]]),
    directories: new Map(),
    zones: new Map(),
    hosts: new Map(),
  };
  const reading = parsePolicy({ hbaFileName: "/hba", identFileName: null, profile }, disk);
  if (!reading.policy) throw new Error("the file does not load");
  return reading.policy;
}

test.each(["reject", "scram-sha-256"])(
  "who makes a rule with %s too costly to compare is refused, whatever the rules behind it say",
  async (method) => {
    const expression = String.raw`^(.+)(.+)(.+)(.+)(.+)\1\2\3\4\5x$`;
    const user = `${"ab".repeat(31)}x`;
    const sources = {
      row,
      lookUp: async () => await Promise.resolve(row),
      resolver: new Resolver(systemNames),
      hostname: null,
      signal: AbortSignal.timeout(10_000),
      source: "a test",
    };
    const hba = `local all /${expression} ${method}\nlocal all all trust\n`;
    await expect(decideRule(policy(hba), { user }, sources)).rejects.toMatchObject({
      code: "XX000",
      message: "no decision could be made",
      logDetail: `Not known: whether "${user}" matches the regular expression "${expression}", which was given up.`,
    });
  },
);
