import { parsePolicy, serverProfile } from "@sallyport/policy";
import type { HbaRule } from "@sallyport/policy";
import { describe, expect, it } from "vitest";
import { maskRule, maskText } from "./mask.ts";

function ruleOf(text: string, included = ""): HbaRule {
  const profile = serverProfile();
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([
    ["/g/hba", { bytes: text }],
    ["/g/x", { bytes: included }],
  ]);
  const disk = {
    files,
    directories: new Map(),
    zones: new Map(),
    hosts: new Map([
      ["r", null],
      ["s", null],
    ]),
  };
  const { policy, problems } = parsePolicy({ hbaFileName: "/g/hba", identFileName: null, profile }, disk);
  const rule = policy?.rules[0];
  if (!rule) throw new Error(problems.map(({ text }) => text).join("\n"));
  return rule;
}

const ldap = "host all all all ldap ldapserver=l ldapbasedn=x";
const radius = "host all all all radius radiusservers=r";
const two = 'host all all all radius "radiusservers=r,s"';

describe("maskRule", () => {
  it.each([
    ["local all all trust", "local all all trust"],
    [`${ldap} ldapbindpasswd=hunter2 ldaptls=1`, `${ldap} ldapbindpasswd=*** ldaptls=1`],
    [`${ldap} "ldapbindpasswd=a hunter2" ldaptls=1`, `${ldap} "ldapbindpasswd=***" ldaptls=1`],
    [`${ldap} ldapbindpasswd="a ""hunter2"`, `${ldap} ldapbindpasswd=***`],
    [`${ldap} ldapbind""passwd="a, b#c hunter2"`, `${ldap} ldapbind""passwd=***`],
    [`${ldap} ldapbindpasswd=a=hunter2`, `${ldap} ldapbindpasswd=***`],
    [`${ldap} ldapbindpasswd="hunter2`, `${ldap} ldapbindpasswd=***`],
    [`${ldap} ldapbindpasswd=x,ldaptls=1`, `${ldap} ldapbindpasswd=***,ldaptls=1`],
    [`${radius} radiussecrets=hunter2`, `${radius} radiussecrets=***`],
    [`${two} "radiussecrets=""a b"",""hunter2"""`, `${two} "radiussecrets=***"`],
    [`${ldap} # was ldapbindpasswd=hunter2, or hunter3`, `${ldap} # was ldapbindpasswd=***`],
    ["local all all trust # ldapbindpasswd hunter2", "local all all trust # ldapbindpasswd=***"],
    [`${ldap} ldapsearchattribute=ldapbindpasswd`, `${ldap} ldapsearchattribute=ldapbindpasswd`],
  ])("%s", (text, masked) => expect(maskRule(ruleOf(text))).toBe(masked));

  it("sees options across a continued line", () =>
    expect(maskRule(ruleOf(`${ldap} ldapbind\\\npasswd=hun\\\nter2`))).toBe(`${ldap} ldapbindpasswd=***`));

  it("shows @file as written", () =>
    expect(maskRule(ruleOf(`${ldap} @x`, "ldapbindpasswd=hunter2"))).toBe(`${ldap} @x`));
});

describe("maskText", () => {
  it.each([
    ["host all all nonsense", "host all all nonsense"],
    ["host all ldapbindpasswd=hunter2 ldaptls=1", "host all ldapbindpasswd=***"],
    ['x l"dap""bindpasswd" = hunter2', 'x l"dap""bindpasswd=***'],
    ["RADIUSSECRETS hunter2", "RADIUSSECRETS=***"],
  ])("%s", (text, masked) => expect(maskText(text)).toBe(masked));
});
