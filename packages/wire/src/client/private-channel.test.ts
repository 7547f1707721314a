import { PassThrough } from "node:stream";
import { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { areAllPrivate, isPrivate, isVerified } from "./private-channel.ts";

const tcp = { host: "db", address: "127.0.0.1", port: 5432 };
const local = { host: "/run/postgresql", port: 5432 };
const abstract = { host: "@postgresql", port: 5432 };

function settings(sslmode: string): ReadonlyMap<string, string> {
  return new Map([["sslmode", sslmode]]);
}

test.each([
  ["disable", false],
  ["allow", false],
  ["prefer", false],
  ["require", false],
  ["verify-ca", true],
  ["verify-full", true],
  ["", false],
])("sslmode=%s takes only a server that is verified: %s", (sslmode, verified) => {
  expect(isVerified(settings(sslmode))).toBe(verified);
});

test("a connection is private over a socket of the file system, or over TLS that was verified", () => {
  const clear = new PassThrough();
  const tls = Object.create(TLSSocket.prototype) as TLSSocket;
  expect(isPrivate(local, clear, undefined)).toBe(true);
  expect(isPrivate(abstract, clear, settings("verify-full"))).toBe(false);
  expect(isPrivate(tcp, clear, undefined)).toBe(false);
  expect(isPrivate(tcp, clear, settings("verify-full"))).toBe(false);
  expect(isPrivate(tcp, tls, settings("require"))).toBe(false);
  expect(isPrivate(tcp, tls, settings("verify-ca"))).toBe(true);
});

test("all hosts of a connection string have to be", () => {
  const options = { user: "u", database: "d" };
  expect(areAllPrivate({ ...options, hosts: [local] })).toBe(true);
  expect(areAllPrivate({ ...options, hosts: [local, tcp] })).toBe(false);
  expect(areAllPrivate({ ...options, hosts: [local, tcp], settings: settings("verify-full") })).toBe(true);
  expect(areAllPrivate({ ...options, hosts: [abstract], settings: settings("verify-full") })).toBe(false);
});
