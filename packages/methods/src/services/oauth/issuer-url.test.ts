import { expect, test } from "vitest";
import { issuerNamed, safeUrl } from "./issuer-url.ts";

test.for([
  ["https://i.example", "https://i.example", "https://i.example/.well-known/openid-configuration"],
  ["https://i.example/a", "https://i.example/a", "https://i.example/a/.well-known/openid-configuration"],
  [
    "https://i.example/a/.well-known/openid-configuration",
    "https://i.example/a",
    "https://i.example/a/.well-known/openid-configuration",
  ],
  [
    "https://i.example/.well-known/oauth-authorization-server/a",
    "https://i.example/a",
    "https://i.example/.well-known/oauth-authorization-server/a",
  ],
  ["http://127.0.0.1:81", "http://127.0.0.1:81", "http://127.0.0.1:81/.well-known/openid-configuration"],
  ["http://[::1]:81", "http://[::1]:81", "http://[::1]:81/.well-known/openid-configuration"],
])("%s", ([rule = "", issuer, discovery]) => {
  const named = issuerNamed(rule);
  expect([named.issuer, named.discovery.href]).toEqual([issuer, discovery]);
});

test.for([
  "http://i.example",
  "http://localhost:81",
  "http://127.0.0.1.example.com",
  "ftp://i.example",
  "file:///etc/passwd",
  "i.example",
  "",
  "https://user:secret@i.example",
  "https://i.example/.well-known/other",
  "https://i.example/.well-known/openid-configuration-2",
])("no issuer that is asked: %s", (rule) => {
  expect(() => issuerNamed(rule)).toThrow(expect.objectContaining({ name: "IssuerFault" }));
});

test("what is no URL is shown without what moves a cursor", () => {
  expect(() => safeUrl("\x1b[2Jä\n", false)).toThrow('"?[2J??" is no URL.');
});

test("what an issuer by https names is asked by https, too", () => {
  expect(() => safeUrl("http://127.0.0.1/jwks", false)).toThrow("https only");
});
