import { diff } from "@sallyport/analysis";
import { parsePolicy, serverProfile } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { expect, test } from "vitest";
import { packFrame, packLines, unpack } from "./packed-policy.ts";
import type { PackedLines } from "./packed-policy.ts";

const hba = String.raw`local all,/^db[0-9]+$ postgres,+dba peer map=os
hostssl sameuser "all",/^(a|b)$ 10.0.0.0/8 ldap ldapserver=l ldapprefix="cn=" ldapsuffix=", dc=x"
host @databases all .example.com reject
host replication all samenet scram-sha-256
${Array.from({ length: 40 }, (_, at) => `host all u${at} 10.0.0.0/8 md5`).join("\n")}
`;
const ident = String.raw`os /^(.*)@example\.com$ \1
os root postgres
os "all" all
`;

function policyOf(version: string, text: string = hba): Policy {
  const profile = serverProfile({ version, without: ["pam"], settings: { krb_caseins_users: true } });
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([
    ["/etc/pg_hba.conf", { bytes: text }],
    ["/etc/databases", { bytes: "a, b\nsamerole\n" }],
    ["/etc/pg_ident.conf", { bytes: ident }],
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const source = { hbaFileName: "/etc/pg_hba.conf", identFileName: "/etc/pg_ident.conf", profile };
  const { policy, problems } = parsePolicy(source, disk);
  if (!policy) throw new Error(problems.map((one) => one.text).join("\n"));
  return policy;
}

function packed(policy: Policy): PackedLines {
  const pieces = [...packLines(policy)];
  return {
    rules: pieces.flatMap(({ rules }) => rules),
    mappings: pieces.flatMap(({ mappings }) => mappings),
  };
}

test.for(["13", "16.4", "18"])("a policy arrives in another thread as it is (PostgreSQL %s)", (version) => {
  const policy = policyOf(version);
  const sent = { frame: packFrame(policy), lines: packed(policy) };
  // What a thread is sent is cloned so.
  const { frame, lines } = structuredClone(sent);
  const arrived = unpack(frame, lines);
  expect({ frame: packFrame(arrived), lines: packed(arrived) }).toEqual(sent);
  expect([arrived.profile, arrived.hbaFileName]).toEqual([policy.profile, policy.hbaFileName]);
  const world = { catalogue: null, interfaces: null };
  expect(diff(policy, arrived, world)).toMatchObject({ changes: [], undecided: [] });
  const other = policyOf(version, hba.replace("10.0.0.0/8 ldap", "10.0.0.0/9 ldap"));
  expect(diff(other, arrived, world).changes.map(({ kind }) => kind)).toContain("widening");
});

test("large policies are packed a few lines at a time", () => {
  const sizes = [...packLines(policyOf("18"))].map(({ rules, mappings }) => rules.length + mappings.length);
  expect(sizes).toEqual([16, 16, 12, 3]);
});
