import { expect, test } from "vitest";
import type { Result } from "../result.ts";
import { resultJson } from "./json.ts";
import { resultText } from "./text.ts";

const result: Result = {
  name: "login-trust",
  unit: "logins/s",
  ours: 4400.4,
  peers: new Map([
    ["pgbouncer", { value: 4000, ratio: 1.1, spread: 0.05, atLeast: 1 }],
    ["postgresql", { value: 600, ratio: 7.33, spread: 0.2, atLeast: 8 }],
  ]),
  cpu: new Map([["sallyport", 141.23]]),
  strict: false,
};

test("JSON has the main peer by itself, and all of them by name", () => {
  expect(resultJson(result, 0.03)).toEqual({
    name: "login-trust",
    unit: "logins/s",
    ours: 4400.4,
    peer: 4000,
    peers: { pgbouncer: 4000, postgresql: 600 },
    ratio: 1.1,
    spread: 0.05,
    ratios: { pgbouncer: 1.1, postgresql: 7.33 },
    at_least: { pgbouncer: 1, postgresql: 8 },
    met: false,
    cpu_us: { sallyport: 141.23 },
    others: 0.03,
  });
});

test("text says of each peer what was asked, and whether it was met", () => {
  expect(
    resultText(result)
      .split("\n")
      .map((line) => line.trim().replaceAll(/ +/g, " ")),
  ).toEqual([
    "login-trust, logins/s",
    "sallyport 4400",
    "pgbouncer 4000 1.10 5 % met, at least 1",
    "postgresql 600 7.33 20 % MISSED, at least 8",
    "CPU: sallyport 141 us",
  ]);
});
