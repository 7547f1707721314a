import { describe, expect, test } from "vitest";
import { parseAttempt, verifiedName } from "./attempt-json.ts";

function attempt(fields: Readonly<Record<string, unknown>>): unknown {
  return parseAttempt(JSON.stringify({ user: "bob", ...fields }));
}

describe("an attempt in JSON", () => {
  test("needs no more than a user: then it comes through a Unix socket", () => {
    expect(attempt({})).toEqual({
      attempt: { user: "bob", address: null, ssl: false, gssenc: false, replication: false },
    });
  });

  test("may say all that an attempt has", () => {
    const fields = {
      database: "shop",
      address: "10.1.2.3",
      ssl: true,
      replication: "database",
      system_user: "b",
    };
    expect(attempt(fields)).toEqual({
      attempt: {
        user: "bob",
        database: "shop",
        address: "10.1.2.3",
        ssl: true,
        gssenc: false,
        replication: "database",
        systemUser: "b",
      },
    });
  });

  test("has names as text, and the attempt has them as bytes", () => {
    expect(attempt({ user: "caf\u00e9", database: "\u65e5" })).toMatchObject({
      attempt: { user: "caf\u00c3\u00a9", database: "\u00e6\u0097\u00a5" },
    });
  });

  test("tells a host name that is not there from one that is not known", () => {
    const hostname = (value: unknown): unknown => attempt({ address: "10.0.0.1", hostname: value });
    expect(attempt({ address: "10.0.0.1" })).not.toHaveProperty("hostname");
    expect(hostname(null)).toHaveProperty("hostname.name", null);
    expect(hostname("a.example")).toHaveProperty("hostname", {
      name: "a.example",
      forward: { addresses: ["\x0a\0\0\x01"] },
    });
  });

  test("takes null for a system user that is not known", () => {
    expect(attempt({ system_user: null })).not.toHaveProperty("attempt.systemUser");
  });
});

describe("an attempt is refused", () => {
  test.each([
    [{ user: "" }, '"user" must be a string, and not empty'],
    [{ user: 7 }, '"user" must be a string, and not empty'],
    [{ database: null }, '"database" must be a string'],
    [{ address: "somewhere" }, '"address" must be an IP address or null'],
    [{ address: 7 }, '"address" must be an IP address or null'],
    [{ ssl: "true" }, '"ssl" must be true or false'],
    [{ gssenc: 1 }, '"gssenc" must be true or false'],
    [{ ssl: true }, "a Unix-domain socket is never encrypted"],
    [{ address: "::1", ssl: true, gssenc: true }, '"ssl" and "gssenc" exclude each other'],
    [{ replication: "true" }, '"replication" must be false, true or "database"'],
    [{ hostname: 7 }, '"hostname" must be a string or null'],
    [{ system_user: 7 }, '"system_user" must be a string'],
    [
      { User: "x" },
      'unknown key "User"; known are user, database, address, ssl, gssenc, replication, hostname, system_user',
    ],
  ])("%j", (fields, error) => {
    expect(attempt(fields)).toEqual({ error });
  });

  test.each(["[]", "null", '"x"', "7"])("if it is no object: %s", (json) => {
    expect(parseAttempt(json)).toEqual({ error: "an object is expected" });
  });

  test("if it is no JSON", () => {
    expect(parseAttempt("{user: 1}")).toEqual({ error: expect.stringMatching(/^no JSON: /) as string });
  });
});

test("a verified name of nobody in particular resolves to no address", () => {
  expect(verifiedName("a", null)).toEqual({ name: "a", forward: { addresses: [] } });
});
