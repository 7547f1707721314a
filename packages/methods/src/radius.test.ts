import { getFips, setFips } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { encodePasswordMessage } from "@sallyport/wire";
import type { HbaOptions } from "@sallyport/policy";
import type { MethodOutcome } from "./outcome.ts";
import { radius } from "./radius.ts";
import type { RadiusCall } from "./radius.ts";
import { serversOf } from "./services/radius/servers.ts";

function list(...items: readonly string[]): { raw: string; items: readonly string[] } {
  return { raw: items.join(","), items };
}

/** Nobody is asked: no server can be found. */
async function tried(
  password: string,
  options: HbaOptions,
  more: Partial<RadiusCall> = {},
): Promise<readonly [MethodOutcome, ...string[]]> {
  const logged: string[] = [];
  const body = encodePasswordMessage(password).subarray(5);
  const outcome = await radius({
    exchange: {
      request: () => undefined,
      answer: async () => await Promise.resolve({ kind: "message", body }),
    },
    role: "app",
    options,
    turns: { take: async (_, work) => await work() },
    log: (message) => void logged.push(message),
    signal: new AbortController().signal,
    passOn: false,
    requireMessageAuthenticator: true,
    random: (length) => Buffer.alloc(length, 1),
    addressesOf: async () => await Promise.resolve({ failure: "Name or service not known" }),
    reasonOf: String,
    ...more,
  });
  return [outcome, ...logged];
}

const failed = { kind: "failed", reason: null };
const two = { radiusServers: list("one", "two"), radiusSecrets: list("s") };

test("each server that has no address is passed over, and the log says so", async () => {
  expect(await tried("x", two)).toEqual([
    failed,
    'could not translate RADIUS server name "one" to address: Name or service not known',
    'could not translate RADIUS server name "two" to address: Name or service not known',
  ]);
});

test("a password that no attribute could hold is not sent at all", async () => {
  expect(await tried("p".repeat(129), two)).toEqual([
    failed,
    "RADIUS authentication does not support passwords longer than 128 characters",
  ]);
});

describe("where MD5 may not be computed", () => {
  afterEach(() => setFips(false));

  test("nobody is asked and nobody comes in", async () => {
    setFips(true);
    expect(getFips()).toBe(1);
    const addressesOf: RadiusCall["addressesOf"] = async () =>
      await Promise.resolve({ addresses: ["127.0.0.1"] });
    expect(await tried("x", two, { addressesOf })).toEqual([
      failed,
      "could not perform MD5 encryption of password: unsupported",
      "could not perform MD5 encryption of password: unsupported",
    ]);
  });
});

describe("of secrets, ports and identifiers", () => {
  const radiusServers = list("a", "b");

  test("a single one is every server's", () => {
    expect(
      serversOf({
        radiusServers,
        radiusSecrets: list("s"),
        radiusPorts: list("1645"),
        radiusIdentifiers: list("i"),
      }),
    ).toEqual([
      { name: "a", secret: "s", port: "1645", nasIdentifier: "i" },
      { name: "b", secret: "s", port: "1645", nasIdentifier: "i" },
    ]);
  });

  test("several are one for each, and none stands for PostgreSQL's own", () => {
    expect(
      serversOf({
        radiusServers,
        radiusSecrets: list("s", "t"),
        radiusPorts: list("1", "2"),
        radiusIdentifiers: list(),
      }),
    ).toEqual([
      { name: "a", secret: "s", port: "1", nasIdentifier: "postgresql" },
      { name: "b", secret: "t", port: "2", nasIdentifier: "postgresql" },
    ]);
    expect(serversOf({ radiusServers, radiusSecrets: list("s") })[1]?.port).toBe("1812");
  });
});
