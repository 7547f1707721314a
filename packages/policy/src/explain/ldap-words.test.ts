import { expect, test } from "vitest";
import { parsePolicy } from "../policy.ts";
import { serverProfile } from "../profile.ts";
import { explain } from "./explain.ts";

/** What follows, for alice, before anything about her role. */
function then(options: string): readonly string[] {
  const profile = serverProfile({});
  if ("error" in profile) throw new Error(profile.error);
  const files = new Map([
    ["/hba", { bytes: `host all all all ldap ${options}\n` }],
    ["/ident", { bytes: "" }],
  ]);
  const disk = { files, directories: new Map(), zones: new Map(), hosts: new Map() };
  const { policy } = parsePolicy({ hbaFileName: "/hba", identFileName: "/ident", profile }, disk);
  if (!policy) throw new Error("the line does not load");
  const attempt = { user: "alice", database: "shop", address: "10.1.2.3" };
  const surroundings = { catalogue: null, now: new Date(0), whole: false };
  const steps = explain(policy, attempt, {}, surroundings).then;
  return steps.slice(0, steps.indexOf('role "alice" must exist and have LOGIN'));
}

test("a simple bind", () => {
  expect(then('ldapserver=l ldapprefix="uid=" ldapsuffix=",dc=x"')).toEqual([
    'a password, judged by LDAP server "l" without TLS: a bind as "uid=alice,dc=x"',
  ]);
});

test("a search, and a bind as what it finds", () => {
  expect(then("ldapserver=l ldaptls=1 ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=hush")).toEqual([
    'a password, judged by LDAP server "l" over TLS: a bind as the one entry that (uid=alice) finds',
    'it is looked for at or below "dc=x", as "cn=y"',
  ]);
  expect(then('ldapurl="ldaps://l/dc=x?mail?one"')).toEqual([
    'a password, judged by LDAP server "l" over TLS: a bind as the one entry that (mail=alice) finds',
    'it is looked for one level below "dc=x", anonymously',
  ]);
  expect(then('ldapbasedn="dc=x" ldapsearchfilter="(|(uid=$username)(mail=$username))"')).toEqual([
    "a password, judged by the LDAP servers that DNS has for the base DN without TLS: " +
      "a bind as the one entry that (|(uid=alice)(mail=alice)) finds",
    'it is looked for at or below "dc=x", anonymously',
  ]);
});
