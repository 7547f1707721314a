import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

test("a secret shows itself only when asked for", () => {
  const secret = new Secret("hunter2");
  expect(secret.reveal()).toBe("hunter2");
  const shown = [String(secret), JSON.stringify({ secret }), inspect(secret, { showHidden: true, depth: 9 })];
  expect(shown.join("\n")).not.toContain("hunter2");
});
