import { inspect } from "node:util";
import { expect, test } from "vitest";
import { conninfoEnvironment, resolveConninfo } from "./options.ts";
import type { ConnectionOptions } from "./options.ts";
import { parseConninfo } from "./parse.ts";
import { tlsOptions } from "./tls-options.ts";
import type { TlsOptions } from "./tls-options.ts";

function resolve(text: string, environment: Record<string, string> = {}): ConnectionOptions {
  return resolveConninfo(parseConninfo(text), {
    environment: conninfoEnvironment(environment),
    osUser: "me",
    homeDirectory: "/home/me",
    socketDirectory: "/tmp",
  });
}

function optionsOf(text: string, environment: Record<string, string> = {}): TlsOptions {
  const { settings = new Map(), tls } = resolve(text, environment);
  return tlsOptions(settings, tls);
}

test("by default TLS is preferred, with the files of the home directory", () => {
  const file = (name: string) => ({ path: `/home/me/.postgresql/${name}`, isDefault: true });
  expect(optionsOf("")).toEqual({
    mode: "prefer",
    direct: false,
    roots: file("root.crt"),
    systemRoots: expect.arrayContaining(["/etc/ssl/certs/ca-certificates.crt"]),
    crl: file("root.crl"),
    crlDirectory: null,
    certificate: file("postgresql.crt"),
    certificateMode: "allow",
    key: file("postgresql.key"),
    keyPassword: null,
    minVersion: "TLSv1.2",
    maxVersion: null,
    sni: true,
  });
});

test("what the system trusts may stand elsewhere", () => {
  expect(optionsOf("sslrootcert=system", { SSL_CERT_FILE: "/bundle" }).systemRoots).toEqual(["/bundle"]);
});

test("options without keywords promise nothing", () => {
  expect(tlsOptions(new Map())).toMatchObject({ mode: "disable", roots: null, certificate: null });
});

test("a directory of lists takes the place of the default list, not of one that is named", () => {
  expect(optionsOf("sslcrldir=/d")).toMatchObject({ crl: null, crlDirectory: "/d" });
  expect(optionsOf("sslcrldir=/d sslcrl=/c")).toMatchObject({ crl: { path: "/c", isDefault: false } });
});

test.each<[string, Record<string, string>, string]>([
  ["requiressl=1", {}, "require"],
  ["", { PGREQUIRESSL: "1" }, "require"],
  ["", { PGSSLMODE: "verify-ca" }, "verify-ca"],
  ["sslrootcert=system", {}, "verify-full"],
  ["", { PGSSLROOTCERT: "system" }, "verify-full"],
  ["sslrootcert=system sslmode=verify-full", { PGSSLMODE: "disable" }, "verify-full"],
])("sslmode of %j with %j is %s", (text, environment, mode) => {
  expect(optionsOf(text, environment).mode).toBe(mode);
});

test.each<[string, Record<string, string>]>([
  ["sslrootcert=system", { PGSSLMODE: "prefer" }],
  ["sslrootcert=system", { PGREQUIRESSL: "1" }],
])("%j with %j is too weak", (text, environment) => {
  expect(() => optionsOf(text, environment)).toThrow(
    'may not be used with sslrootcert=system (use "verify-full")',
  );
});

test("the key's password is in no picture of the options", () => {
  const options = resolve("sslpassword=hunter2");
  const text = inspect([options, tlsOptions(new Map(), options.tls)], { depth: 9 });
  expect(text + JSON.stringify(options)).not.toContain("hunter2");
  expect(options.tls?.keyPassword?.reveal()).toBe("hunter2");
});
