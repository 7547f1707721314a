import { policyOfTexts } from "@sallyport/testkit";
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
  askedAt: 0,
  ground: null,
};

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
      tls: null,
    };
    const hba = `local all /${expression} ${method}\nlocal all all trust\n`;
    await expect(decideRule(policyOfTexts(hba), { user }, sources)).rejects.toMatchObject({
      code: "XX000",
      message: "no decision could be made",
      logDetail: `Not known: whether "${user}" matches the regular expression "${expression}", which was given up.`,
    });
  },
);
