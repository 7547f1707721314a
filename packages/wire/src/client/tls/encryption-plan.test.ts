import { describe, expect, test } from "vitest";
import { ServerError, WireError } from "../../errors.ts";
import type { SslMode } from "../../conninfo/tls-options.ts";
import { EncryptionPlan } from "./encryption-plan.ts";

function order(mode: SslMode, unix: boolean): readonly (string | null)[] {
  const plan = new EncryptionPlan(mode, unix);
  return [plan.next(), plan.next(), plan.next()].filter((kind) => kind !== null);
}

test.each<[SslMode, readonly string[]]>([
  ["disable", ["none"]],
  ["allow", ["none", "tls"]],
  ["prefer", ["tls", "none"]],
  ["require", ["tls"]],
  ["verify-ca", ["tls"]],
  ["verify-full", ["tls"]],
])("under %s the kinds are %j, each tried once; on a Unix socket there is one", (mode, kinds) => {
  expect(order(mode, false)).toEqual(kinds);
  expect(order(mode, true)).toEqual(["none"]);
});

const refusal = (code: string, authenticated = false): ServerError =>
  new ServerError(
    [
      { type: "S", value: "FATAL" },
      { type: "C", value: code },
      { type: "M", value: "no" },
    ],
    authenticated,
  );

describe("another kind is tried after", () => {
  test.each<[string, boolean, unknown]>([
    ["a failure of TLS", true, new WireError("tls_failed", "no")],
    ["a refusal before AuthenticationOk", true, refusal("28000")],
    ["a refusal behind it", false, refusal("3D000", true)],
    ["a server that lets nobody in for now", false, refusal("57P03")],
    ["an error without SQLSTATE", false, new ServerError([{ type: "M", value: "no" }])],
    ["an answer to the SSLRequest that nobody vouches for", false, new WireError("unexpected_message", "E")],
    ["a time-out", false, new WireError("timeout", "no")],
    ["a lost connection", false, new WireError("peer_closed", "no")],
    ["a failure of ours", false, new TypeError("no")],
  ])("%s: %s", (_, expected, error) => {
    const plan = new EncryptionPlan("prefer", false);
    plan.next();
    expect(plan.mayGoOn(error)).toBe(expected);
    plan.next();
    expect(plan.mayGoOn(error)).toBe(false);
  });
});
