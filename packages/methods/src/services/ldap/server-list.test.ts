import { expect, test } from "vitest";
import { discoveredServers, serverList } from "./server-list.ts";

test.for([
  ["h", {}, ["h:389"]],
  ["h", { ldapScheme: "ldaps" }, ["h:636 tls"]],
  ["h", { ldapPort: 1389, ldapScheme: "ldaps" }, ["h:1389 tls"]],
  ["h", { ldapScheme: "LDAPS" }, ["h:389 tls"]],
  ["a.example  b.example ", {}, ["a.example:389", "b.example:389"]],
  ["[::1] 127.0.0.1", { ldapPort: 3 }, ["::1:3", "127.0.0.1:3"]],
] as const)("ldapserver=%j with %j is %j", ([ldapServer, options, servers]) => {
  const found = serverList({ ldapServer, ...options });
  expect(found.map(({ host, port, tls }) => `${host}:${port}${tls ? " tls" : ""}`)).toEqual(servers);
});

test.for([
  "h:389",
  "::1",
  "[h]",
  "[::1",
  "h/x",
  "h?x",
  "h#x",
  "u@h",
  " h",
  "h%20",
  "b\xfccher",
  "h\tx",
  "[127.0.0.1]",
])("ldapserver=%j makes no URL", (ldapServer) => {
  expect(() => serverList({ ldapServer })).toThrow("Bad parameter to an ldap routine");
});

test.for(["ldapi", "pldap", "foo", ""])("nor does the scheme %j", (ldapScheme) => {
  expect(() => serverList({ ldapServer: "h", ldapScheme })).toThrow("Bad parameter to an ldap routine");
});

test("servers that were found have ports of their own", () => {
  expect(discoveredServers([{ name: "h", port: 3 }], { ldapScheme: "ldaps" })).toEqual([
    { host: "h", port: 3, tls: true },
  ]);
  expect(() => discoveredServers([{ name: "h:x", port: 3 }], {})).toThrow("Bad parameter");
});
