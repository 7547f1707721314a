import { describe, expect, test } from "vitest";
import { tlsConf } from "./client-conf.ts";

const file = (bytes: string, name = "/etc/ldap/ldap.conf") => ({ name, bytes });
const inEnvironment = (variables: Record<string, string>) => new Map(Object.entries(variables));

test("the last word counts: of a file, of the files, and then of the environment", () => {
  const first = file("# TLS_CACERT no\n\n  TLS_CACERT\t/one \nURI ldap://x\ntls_cacert /two words.pem\r\n");
  const second = file("TLS_CACERT /three\n", "/other");
  const caFile = (...parts: Parameters<typeof tlsConf>) => tlsConf(...parts);
  expect(caFile([first], new Map())).toEqual({ caFile: "/two words.pem", minVersion: "TLSv1.2" });
  expect(caFile([first, second], new Map())).toMatchObject({ caFile: "/three" });
  expect(caFile([first, second], inEnvironment({ LDAPTLS_CACERT: "/four" }))).toMatchObject({
    caFile: "/four",
  });
});

test("without an authority there is no TLS", () => {
  const refused = "no certificate authority is trusted: set TLS_CACERT in ldap.conf, or LDAPTLS_CACERT";
  expect(tlsConf([], new Map())).toEqual({ refused });
  expect(tlsConf([file("TLS_CACERT\nTLS_CACERTDIR /certs\n")], new Map())).toEqual({ refused });
});

describe("what changes nothing is taken", () => {
  test.for(["TLS_REQCERT demand", "TLS_REQCERT HARD", "TLS_CRLCHECK none", "TLS_REQSAN allow", "TLS_KEY /x"])(
    "%s",
    (line) => {
      expect(tlsConf([file(`TLS_CACERT /ca\n${line}\n`)], new Map())).toMatchObject({ caFile: "/ca" });
    },
  );
});

describe("what asks for more or for less than is checked here ends TLS", () => {
  test.for([
    ["TLS_REQCERT never", "TLS_REQCERT never"],
    ["tls_reqcert try", "TLS_REQCERT try"],
    ["TLS_REQCERT allow", "TLS_REQCERT allow"],
    ["TLS_REQSAN never", "TLS_REQSAN never"],
    ["TLS_CRLCHECK peer", "TLS_CRLCHECK peer"],
    ["TLS_CRLFILE /x", "TLS_CRLFILE"],
    ["TLS_CIPHER_SUITE SECURE256", "TLS_CIPHER_SUITE"],
    ["TLS_PROTOCOL_MIN 4.0", "TLS_PROTOCOL_MIN 4.0"],
  ])("%s", ([line = "", shown = ""]) => {
    const refused = `${shown} in /etc/ldap/ldap.conf is not supported`;
    expect(tlsConf([file(`TLS_CACERT /ca\n${line}\n`)], new Map())).toEqual({ refused });
  });

  test("in the environment, too", () => {
    const environment = inEnvironment({ LDAPTLS_CACERT: "/ca", LDAPTLS_KEY: "/key" });
    expect(tlsConf([], environment)).toEqual({ refused: "TLS_KEY in the environment is not supported" });
  });
});

test.for([
  ["3.1", "TLSv1.2"],
  ["3.3", "TLSv1.2"],
  ["3.4", "TLSv1.3"],
] as const)("TLS_PROTOCOL_MIN %s is at least %s", ([number, minVersion]) => {
  const conf = [file(`TLS_CACERT /ca\nTLS_PROTOCOL_MIN ${number}\n`)];
  expect(tlsConf(conf, new Map())).toEqual({ caFile: "/ca", minVersion });
});
