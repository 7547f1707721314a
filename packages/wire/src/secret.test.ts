import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret, SecretBytes } from "./secret.ts";

test("a secret shows itself only when asked for", () => {
  const secret = new Secret("hunter2");
  expect(secret.reveal()).toBe("hunter2");
  const shown = [String(secret), JSON.stringify({ secret }), inspect(secret, { showHidden: true, depth: 9 })];
  expect(shown.join("\n")).not.toContain("hunter2");
});

test("secret bytes do, too, and are gone when they are wiped", () => {
  const bytes = Buffer.from("hunter2");
  const secret = new SecretBytes(bytes);
  expect(secret.reveal()).toBe(bytes);
  const shown = [String(secret), JSON.stringify({ secret }), inspect(secret, { showHidden: true, depth: 9 })];
  expect(shown.join("\n")).not.toMatch(/hunter2|68 75 6e/);
  secret.wipe();
  expect(bytes).toEqual(Buffer.alloc(7));
  expect(secret.wiped).toBe(true);
  expect(() => secret.reveal()).toThrow("wiped");
});
