import { describe, expect, test } from "vitest";
import { found, review } from "./review.ts";
import type { Reviewed } from "./review.ts";

type Case = readonly [line: string, wanted: readonly string[], options?: Reviewed];

/** A method and addresses about which there is nothing to say. */
const scram = "scram-sha-256";

describe("names", () => {
  const long = "x".repeat(64);
  test.for<Case>([
    [`local "all" a ${scram}`, ['quoted-keyword "all"']],
    [`local "sameuser" a ${scram}`, ['quoted-keyword "sameuser"']],
    // The manual says so: a database of that name is put into quotes.
    [`local "replication" a ${scram}`, []],
    [`local d "all" ${scram}`, ['quoted-keyword "all"']],
    [`local d "+g" ${scram}`, ['quoted-keyword "+g"']],
    // It is the beginning that counts.
    [`local d +"g" ${scram}`, []],
    [`local ALL a ${scram}`, ["keyword-case ALL"]],
    [`local d,SameRole a ${scram}`, ["keyword-case SameRole"]],
    [`local d All ${scram}`, ["keyword-case All"]],
    [`local d "ALL" ${scram}`, []],
    [`local d sameuser ${scram}`, ["keyword-misplaced sameuser"]],
    [`local +g a ${scram}`, ["keyword-misplaced +g"]],
    // Roles are often called so.
    [`local d replication ${scram}`, []],
    [`local "" a ${scram}`, ['name-never-matches ""']],
    [`local ${long} a,+${long} ${scram}`, [`name-never-matches ${long}`, `name-never-matches +${long}`]],
    [`local ${long.slice(1)} a ${scram}`, []],
    [`local d /^a$ ${scram}`, ["literal-before-16 /^a$"], { profile: { version: "15" } }],
    [`local d /^a$ ${scram}`, []],
    [`local 'd' a ${scram}`, ["odd-character 'd'"]],
    [`local d o'neill ${scram}`, []],
    [`local d a\xc2\xa0b ${scram}`, ["odd-character a\u00a0b"]],
    [`local d \xe2\x80\x9ca\xe2\x80\x9d ${scram}`, ["odd-character \u201ca\u201d"]],
    [`local d \xc3\xa4 ${scram}`, []],
  ])("%s", ([line, wanted, options]) => {
    expect(found(`${line}\n`, options)).toEqual(wanted);
  });

  test("a name that the role catalogue has is meant", () => {
    const role = {
      login: true,
      superuser: false,
      replication: false,
      validUntil: null,
      secret: null,
      memberOf: [],
      inherits: [],
    };
    const catalogue = { roles: new Map([["ALL", { ...role, name: "ALL" }]]), databases: null };
    expect(found(`local d ALL ${scram}\n`, { catalogue })).toEqual([]);
    expect(found(`local ALL a ${scram}\n`, { catalogue })).toEqual(["keyword-case ALL"]);
  });
});

describe("regular expressions", () => {
  test.for<Case>([
    [`local /adm a ${scram}`, ["regex-unanchored /adm"]],
    [`local d /adm|^x$ ${scram}`, ["regex-unanchored /adm|^x$"]],
    // One anchor says that the beginning is meant.
    [`local d /^app_ ${scram}`, []],
    [`local d /_ro$ ${scram}`, []],
    // This says that any part is meant.
    [`local d /.*adm.* ${scram}`, []],
    ["local d /adm reject", []],
  ])("%s", ([line, wanted]) => {
    expect(found(`${line}\n`)).toEqual(wanted);
  });

  test.for([
    ["m /^.*@x$ a", []],
    ["m /@x$ a", ["regex-unanchored /@x$"]],
    [String.raw`m /^(.*)@x \1`, [String.raw`regex-unanchored /^(.*)@x`]],
    ["m /^(.*)@x.org$ a", ["regex-dot /^(.*)@x.org$"]],
    [String.raw`m /^(.*)@x\.org$ a`, []],
    ["m /^a.b$ a", []],
    ["m /^a.*$ a", []],
    ["m a /adm", ["regex-unanchored /adm"]],
    ["m a /^adm", []],
  ] as const)("of a system user both ends count: %s", ([line, wanted]) => {
    expect(found("local all all peer map=m\n", { ident: `${line}\n` })).toEqual(wanted);
  });
});

describe("addresses", () => {
  test.for<Case>([
    [`host d a 10.0.0.0/8 ${scram}`, []],
    [`host d a 10.1.2.3/8 ${scram}`, ["host-bits 10.1.2.3/8"]],
    [`host d a 10.1.2.3 255.0.0.0 ${scram}`, ["host-bits 10.1.2.3"]],
    [`host d a 10.1.2.3/32 ${scram}`, []],
    [`host d a 10.1.2.3/0 ${scram}`, ["host-bits 10.1.2.3/0", "one-family 10.1.2.3/0"]],
    [`host d a 2001:db8::1/64 ${scram}`, ["host-bits 2001:db8::1/64"]],
    [`host d a 010.1.2.3/32 ${scram}`, ["address-spelling 010.1.2.3/32"]],
    [`host d a 10.1/32 ${scram}`, ["address-spelling 10.1/32"]],
    [`host d a 0x0a000001/32 ${scram}`, ["address-spelling 0x0a000001/32"]],
    // Eight and nine are no octal digits: it is a host name.
    [`host d a 10.0.0.09 ${scram}`, ["address-is-name 10.0.0.09"]],
    [`host d a 10.0.0.00/32 ${scram}`, []],
    [`host d a 10.0.0.0 255.000.000.000 ${scram}`, []],
    [`host d a 10.0.0.0 255 ${scram}`, ["mask-gaps 255"]],
    [`host d a 10.0.0.0 24 ${scram}`, ["mask-gaps 24"]],
    [`host d a 10.0.0.0 255.255.0.255 ${scram}`, ["mask-gaps 255.255.0.255"]],
    [`host d a 10.0.0.0 0xff000000 ${scram}`, ["address-spelling 0xff000000"]],
    [`host d a ::ffff:10.0.0.0/104 ${scram}`, ["ipv4-mapped ::ffff:10.0.0.0/104"]],
    [`host d a 300.1.1.1 ${scram}`, ["address-is-name 300.1.1.1"]],
    [`host d a 10.0.0.* ${scram}`, ["address-is-name 10.0.0.*"]],
    [`host d a "" ${scram}`, ['address-is-name ""']],
    [`host d a fe80::1%eth9 ${scram}`, ["address-is-name fe80::1%eth9"]],
    [`host d a db_1.example.com ${scram}`, []],
    [`host d a .example.com ${scram}`, []],
    [`host d a ALL ${scram}`, ["keyword-case ALL"]],
    [`host d a "all" ${scram}`, ['quoted-keyword "all"']],
    [`host d a "samenet" ${scram}`, ['quoted-keyword "samenet"']],
  ])("%s", ([line, wanted]) => {
    expect(found(`${line}\n`)).toEqual(wanted);
  });

  test("a network may be corrected without changing what it means", () => {
    const fixes = review(`host d a 10.1.2.3/8 ${scram}\nhost d a 10.1.2.3 255.0.0.0 ${scram}\n`).map(
      ({ fix }) => fix && [fix.place.column, fix.place.endColumn, fix.text],
    );
    expect(fixes).toEqual([
      [10, 20, "10.0.0.0/8"],
      [10, 18, "10.0.0.0"],
    ]);
  });
});

describe("options", () => {
  test.for<Case>([
    ["host d a all gss include_realm=yes krb_realm=X", ["boolean-not-one include_realm=yes"]],
    ["host d a all gss include_realm=no krb_realm=X", []],
    [
      "hostssl d a all ldap ldapserver=x ldapprefix=y ldaptls=on",
      ["boolean-not-one ldaptls=on", "ldap-no-tls ldap"],
    ],
    ["local d a peer map=m map=n", ["option-repeated map=n"]],
  ])("%s", ([line, wanted]) => {
    expect(found(`${line}\n`).toSorted()).toEqual(wanted);
  });
});

describe("punctuation", () => {
  test.for<Case>([
    [`local a,b c ${scram}`, []],
    [`local a, b c ${scram}`, []],
    [`local a , b ${scram}`, ["stray-comma ,"]],
    [`local a,,b c ${scram}`, ["stray-comma ,"]],
    [`local "a , b" c ${scram} # a , b`, []],
    [`local a, ,b c ${scram}`, ["stray-comma ,"]],
    [`,local a b ${scram}`, ["stray-comma ,"]],
    ["host d a, 10.0.0.0 255.0.0.0 trust", ["stray-comma ,"]],
    // The users are b and the method: there is none.
    ["local a b, trust", ["stray-comma ,"]],
    ["local d a ldap ldapserver=localhost ldapprefix=x#y", ["hash-in-word #"]],
    ["local d a ldap ldapserver=localhost ldapprefix=x # y", []],
    ["local d a peer#y", []],
    [`local d#e a ${scram}`, ["hash-in-word #"]],
    [`local d "a ${scram}`, [`quote-open "a ${scram}`]],
    [`local d a ${scram} # "`, []],
    // A blank up to PostgreSQL 18, and a part of the first name from 19 on: there the comma joins.
    [`local a\r,b ${scram}`, []],
  ])("%s", ([line, wanted]) => {
    expect(found(`${line}\n`)).toEqual(wanted);
  });

  test.for([
    ["m a b", []],
    ["m a b # c", []],
    ["m a b c d", ["extra-columns c d"]],
    ["m a b#c", ["hash-in-word #"]],
    ["m a", []],
  ] as const)("of pg_ident.conf: %s", ([line, wanted]) => {
    expect(found("local all all peer map=m\n", { ident: `${line}\n` })).toEqual(wanted);
  });
});

describe("columns of pg_ident.conf", () => {
  test.for([
    ["m all a", ["keyword-misplaced all"]],
    ["m +g a", ["keyword-misplaced +g"]],
    ['m "all" a', []],
    ["m a all", []],
    ["m a ALL", ["keyword-case ALL"]],
    ['m a "all"', ['quoted-keyword "all"']],
    ['m a ""', ['name-never-matches ""']],
  ] as const)("%s", ([line, wanted]) => {
    expect(found("local all all peer map=m\n", { ident: `${line}\n` })).toEqual(wanted);
  });

  test.for(["m a all", "m a +g", "m a /^b$"])("%s: names before PostgreSQL 16", (line) => {
    const [, , third = ""] = line.split(" ");
    const options = { ident: `${line}\n`, profile: { version: "15" } };
    expect(found("local all all peer map=m\n", options)).toEqual([`literal-before-16 ${third}`]);
  });
});

describe("secrets", () => {
  test.for([
    "host d a all ldap ldapserver=x ldapbasedn=y ldapbindpasswd=hunter#2",
    "host d a all ldap ldapserver=x ldapbasedn=y ldapbindpasswd=hunter2 ldapbindpasswd=hunter2",
    'host d a all ldap ldapserver=x ldapbasedn=y ldapbindpasswd="hunter2',
    "host d a all radius radiusservers=127.0.0.1 radiussecrets=hunter2,,hunter2",
    "host d a all ldap ldapbindpasswd=hunter#2",
  ])("no finding tells one, or how long it is: %s", (line) => {
    const findings = review(`${line}\n`, { profile: { version: "18" } });
    const behind = /(?:ldapbindpasswd|radiussecrets)/.exec(line);
    const name = (behind?.index ?? 0) + (behind?.[0].length ?? 0);
    expect(findings).not.toEqual([]);
    expect(JSON.stringify(findings)).not.toContain("hunter");
    for (const { place } of findings) expect(place.endColumn).toBeLessThanOrEqual(name + 1);
  });
});

test("a line with a hundred thousand names takes no longer than its length", () => {
  const names = Array.from({ length: 100_000 }, (_, at) => (at % 2 === 0 ? `r${at}` : "")).join(" , ");
  const started = performance.now();
  const findings = review(
    `local d ${names} scram-sha-256\nlocal d ${names.replaceAll(" ", "")} scram-sha-256\n`,
  );
  expect(findings.every(({ id, excerpt }) => id === "stray-comma" && excerpt === null)).toBe(true);
  expect(performance.now() - started).toBeLessThan(10_000);
});
