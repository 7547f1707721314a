import { afterAll, beforeAll, expect, test } from "vitest";
import { startLdapTwins } from "./ldap-twins.ts";
import type { LdapTwins } from "./ldap-twins.ts";
let twins: LdapTwins;
beforeAll(async () => {
  twins = await startLdapTwins();
}, 60000);
afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});
test("probe", async () => {
  const { port } = twins.slapd;
  const server = `ldapserver=127.0.0.1 ldapport=${port}`;
  for (const [rule, ...who] of [
    [
      `${server} ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"`,
      "test1:secret1",
      "test1:wrong",
      "test0:x",
      " test1:secret1",
      "test1,ou=deep:x",
    ],
    [
      `${server} ldapbasedn="dc=example,dc=net"`,
      "test1:secret1",
      "test1:wrong",
      "test0:x",
      "nobody*:x",
      "a,b:secret4",
      "a&b:x",
      "$username:x",
    ],
    [`${server} ldapbasedn="dc=example,dc=net" ldapsearchattribute=description`, "twin:secret1"],
    [`${server} ldapbasedn="dc=example,dc=net" ldapsearchfilter="broken"`, "test1:secret1"],
    [`${server} ldapbasedn="dc=nowhere"`, "test1:secret1"],
    [`${server} ldapbasedn="bad dn"`, "test1:secret1"],
    [`${server} ldapprefix="uid=" ldapsuffix="bad"`, "test1:secret1"],
    [`${server} ldapprefix="?uid=" ldapsuffix=""`, "test1:secret1"],
    [`ldapserver=127.0.0.1 ldapport=1 ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"`, "test1:secret1"],
    [`ldapserver=127.0.0.1:99 ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"`, "test1:secret1"],
    [
      `${server} ldapbasedn="dc=example,dc=net" ldapbinddn="cn=Manager,dc=example,dc=net" ldapbindpasswd=wrong`,
      "test1:secret1",
    ],
    [
      `${server} ldapbasedn="dc=example,dc=net" ldapbinddn="cn=Manager,dc=example,dc=net" ldapbindpasswd=manager-secret`,
      "test1:secret1",
    ],
    [`ldapurl="ldap://127.0.0.1:${port}/??base?(objectClass=*)"`, "test1:whatever"],
    [`ldapurl="ldap://127.0.0.1:${port}/dc=example,dc=net?uid?sub"`, "test1:secret1", "below:secret3"],
    [`ldapurl="ldap://127.0.0.1:${port}/dc=example,dc=net?uid?one"`, "test1:secret1", "below:secret3"],
    [`ldapurl="ldap://[::1]:${port}/dc=example,dc=net?uid?sub"`, "test1:secret1"],
    [`ldapserver="[::1]" ldapport=${port} ldapbasedn="dc=example,dc=net"`, "test1:secret1"],
    [`${server} ldapbasedn="dc=example,dc=net" ldaptls=1`, "test1:secret1"],
    [`ldapserver="" ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"`, "test1:secret1"],
    [`ldapserver="" ldapbasedn="dc=nosuch,dc=invalid"`, "test1:secret1"],
    [
      `ldapserver="127.0.0.1" ldapport=${port} ldapscheme=foo ldapbasedn="dc=nosuch,dc=invalid"`,
      "test1:secret1",
    ],
    [`ldapserver=" 127.0.0.1" ldapport=${port} ldapbasedn="dc=example,dc=net"`, "test1:secret1"],
    [`ldapserver="127.0.0.1 " ldapport=${port} ldapbasedn="dc=example,dc=net"`, "test1:secret1"],
  ] as string[][]) {
    await twins.arrange(rule!);
    for (const one of who) {
      const [user, password] = one.split(":");
      const { gate, postgres } = await twins.knock(user!, password!);
      const same = JSON.stringify(gate) === JSON.stringify(postgres);
      console.log(
        same ? "SAME" : "DIFF",
        rule,
        one,
        JSON.stringify(postgres, null, 1),
        same ? "" : "GATE " + JSON.stringify(gate, null, 1),
      );
    }
  }
  expect(1).toBe(1);
}, 300000);
