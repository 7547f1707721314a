import { expect, test } from "vitest";
import { refusalMessage } from "./refusal-message.ts";

test.for([
  ["https://i.example", "https://i.example/.well-known/openid-configuration"],
  ["https://i.example/a/", "https://i.example/a//.well-known/openid-configuration"],
  [
    "https://i.example/.well-known/oauth-authorization-server/a",
    "https://i.example/.well-known/oauth-authorization-server/a",
  ],
])("names the description of %s, blank for blank", ([issuer = "", url]) => {
  expect(refusalMessage(issuer, "openid postgres")).toBe(
    `{ "status": "invalid_token", "openid-configuration": "${url}", "scope": "openid postgres" }`,
  );
});

test("escapes what JSON wants escaped, and leaves all other bytes as they are", () => {
  const message = refusalMessage("https://i", '"\\\b\f\n\r\t\x01\x1f\x7f\xc3\xa4\xff');
  expect(message).toContain(String.raw`"scope": "\"\\\b\f\n\r\t\u0001\u001f` + '\x7f\xc3\xa4\xff" }');
  expect(JSON.parse(message.replaceAll("\xff", ""))).toMatchObject({ status: "invalid_token" });
});
