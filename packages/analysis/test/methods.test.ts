import { parseCatalogue } from "@sallyport/policy";
import type { RoleCatalogue } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import { found, review } from "./review.ts";

test.for([
  ["local d a trust", "trust-local"],
  ["host d a 127.0.0.1/32 trust", "trust-local"],
  ["host d a 127.0.0.0/8 trust", "trust-local"],
  ["host d a ::1/128 trust", "trust-local"],
  ["host d a samehost trust", "trust-local"],
  ["host d a localhost trust", "trust-local"],
  ["host d a 127.0.0.0/7 trust", "trust-remote"],
  ["host d a ::/127 trust", "trust-remote"],
  ["host d a samenet trust", "trust-remote"],
  ["host d a all trust", "trust-remote"],
  ["hostssl d a all trust clientcert=verify-ca", "trust-remote"],
  ["hostgssenc d a all trust", "trust-remote"],
  ["host d a 10.0.0.0/8 ident", "ident-remote"],
] as const)("%s: %s", ([line, id]) => {
  const findings = review(`${line}\n`).filter((finding) => /trust|ident/.test(finding.id));
  expect(findings.map((finding) => finding.id)).toEqual([id]);
});

test.for([
  "hostssl d a all trust clientcert=verify-full",
  "host d a 127.0.0.1/32 ident",
  "host d a all reject",
  "local d a peer",
])("nothing of this: %s", (line) => {
  expect(found(`${line}\n`).filter((text) => /^(?:trust|ident)/.test(text))).toEqual([]);
});

describe("passwords in clear", () => {
  const ldap = "ldap ldapserver=localhost ldapprefix=x";
  const radius = "radius radiusservers=127.0.0.1 radiussecrets=s";
  test.for([
    ["host d a all password", ["cleartext-password password"]],
    [`host d a all ${ldap}`, ["cleartext-password ldap"]],
    [`host d a all ${radius}`, ["cleartext-password radius"]],
    ["hostnossl d a all pam", ["cleartext-password pam"]],
    ["hostnogssenc d a all pam", ["cleartext-password pam"]],
    ["hostssl d a all password", ["password-method password"]],
    [`hostssl d a all ${ldap}`, []],
    ["hostgssenc d a all pam", []],
    ["host d a 127.0.0.1/32 pam", []],
    ["local d a password", []],
    ["host d a all scram-sha-256", []],
  ] as const)("%s", ([line, wanted]) => {
    expect(found(`${line}\n`).filter((text) => !text.startsWith("one-family"))).toEqual(wanted);
  });

  test.for([
    ["hostnossl all all all reject", 0],
    ["hostnossl all all 0.0.0.0/0 reject\nhostnossl all all ::/0 reject", 0],
    ["hostnossl all all 0.0.0.0/0 reject", 1],
    ["hostnossl all bob all reject", 1],
    ["host all all all reject", 1],
  ] as const)("not behind a line that refuses all without TLS: %j", ([above, count]) => {
    const findings = review(`${above}\nhost d a .example.com password\n`);
    expect(findings.filter(({ id }) => id === "cleartext-password")).toHaveLength(count);
  });
});

test.for([
  ["hostnossl all all all reject", 1],
  ["hostnossl replication all all reject", 0],
  ["hostnossl replication,all all all reject", 0],
] as const)("passwords in clear of those who replicate, behind %s: %i", ([above, count]) => {
  const findings = review(`${above}\nhost replication repl .example.com password\n`);
  expect(findings.filter(({ id }) => id === "cleartext-password")).toHaveLength(count);
});

test.for([
  ["ldapserver=x ldapprefix=y", 1],
  ["ldapserver=x ldapprefix=y ldaptls=1", 0],
  ["ldapserver=x ldapprefix=y ldapscheme=ldaps", 0],
  ["ldapurl=ldaps://x/dc=y", 0],
  ["ldapurl=ldap://x/dc=y", 1],
  ['ldapserver="localhost 127.0.0.1" ldapprefix=y', 0],
  ['ldapserver="localhost x" ldapprefix=y', 1],
] as const)("ldap-no-tls: %s: %i", ([options, count]) => {
  const findings = review(`hostssl d a all ldap ${options}\n`);
  expect(findings.filter(({ id }) => id === "ldap-no-tls")).toHaveLength(count);
});

test.for([
  ["host d a all gss", []],
  ["host d a all gss include_realm=0", ["realm-unchecked include_realm=0"]],
  ["host d a all gss include_realm=0 krb_realm=", ["realm-unchecked include_realm=0"]],
  ["host d a all gss include_realm=0 krb_realm=X", []],
  // A map does not see the realm either.
  ["host d a all gss include_realm=0 map=m", ["realm-unchecked include_realm=0"]],
] as const)("%s", ([line, wanted]) => {
  expect(found(`${line}\n`)).toEqual(wanted);
});

const role = { login: true, superuser: false, member_of: [], secret: "scram-sha-256" };

function catalogue(...roles: readonly object[]): RoleCatalogue {
  const made = parseCatalogue(JSON.stringify({ roles: roles.map((one) => Object.assign({}, role, one)) }));
  if ("error" in made) throw new Error(made.error);
  return made;
}

describe("md5", () => {
  test.for([
    ["host d a all md5", ["md5-remote md5"]],
    ["host d a samehost md5", ["md5-local md5"]],
    ["local d a md5", ["md5-local md5"]],
  ] as const)("%s", ([line, wanted]) => {
    expect(found(`${line}\n`)).toEqual(wanted);
  });

  test("is SCRAM by another name where no role has an MD5 secret", () => {
    expect(found("local d a md5\n", { catalogue: catalogue({ name: "a" }) })).toEqual([]);
    const one = catalogue({ name: "a" }, { name: "b", secret: "md5" });
    expect(found("local d a md5\n", { catalogue: one })).toEqual(["md5-local md5"]);
  });
});

test("superuser-group: superusers that a group lets in, however deep", () => {
  const roles = catalogue(
    { name: "ops", login: false },
    { name: "leads", login: false, member_of: ["ops"] },
    { name: "ann", superuser: true, member_of: ["leads"] },
    { name: "bob", member_of: ["ops"] },
    { name: "root", superuser: true },
  );
  const said = review("local d +ops scram-sha-256\nlocal d +ops reject\n", { catalogue: roles });
  expect(said.map(({ id, message }) => `${id}: ${message}`)).toEqual([
    'superuser-group: of "ops" there are superusers: ann',
  ]);
  expect(review("local d +ops scram-sha-256\n")).toEqual([]);
});
