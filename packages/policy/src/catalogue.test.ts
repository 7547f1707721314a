import { describe, expect, test } from "vitest";
import { isCatalogueMember, parseCatalogue } from "./catalogue.ts";
import type { RoleCatalogue } from "./catalogue.ts";

const role = { name: "a", login: true, superuser: false, member_of: [] };

function catalogue(value: unknown): RoleCatalogue {
  const parsed = parseCatalogue(JSON.stringify(value));
  if ("error" in parsed) throw new Error(parsed.error);
  return parsed;
}

describe("a role catalogue", () => {
  test("needs little of each role, and what is absent is not known", () => {
    const { roles, databases } = catalogue({ roles: [role] });
    expect(databases).toBeNull();
    expect(roles.get("a")).toMatchObject({
      login: true,
      superuser: false,
      replication: null,
      validUntil: null,
      secret: undefined,
    });
  });

  test("tells no secret from an unknown one", () => {
    expect(catalogue({ roles: [{ ...role, secret: null }] }).roles.get("a")?.secret).toBeNull();
    expect(catalogue({ roles: [{ ...role, secret: "md5" }] }).roles.get("a")?.secret).toBe("md5");
  });

  test("ignores keys that it does not know", () => {
    expect(catalogue({ roles: [{ ...role, colour: "red" }], more: 1 }).roles.size).toBe(1);
  });

  test("has names as bytes", () => {
    expect([...catalogue({ roles: [{ ...role, name: "\u00e9" }] }).roles.keys()]).toEqual(["\u00c3\u00a9"]);
  });

  test("has databases and who may connect to them", () => {
    const shop = { name: "shop", allow_connections: true, connect: ["public"] };
    expect(catalogue({ roles: [], databases: [shop] }).databases?.get("shop")).toEqual({
      name: "shop",
      allowConnections: true,
      connect: ["public"],
    });
  });

  test.each([
    [[], "the catalogue must be an object"],
    [{}, "roles must be an array"],
    [{ roles: [7] }, "roles[0] must be an object"],
    [{ roles: [role, { ...role, name: 7 }] }, "roles[1].name must be a string"],
    [{ roles: [{ ...role, login: "yes" }] }, "roles[0].login must be true or false"],
    [
      { roles: [{ ...role, secret: "SCRAM-SHA-256$4096:..." }] },
      'roles[0].secret must be "scram-sha-256", "md5" or null',
    ],
    [{ roles: [{ ...role, member_of: "staff" }] }, "roles[0].member_of must be an array"],
    [{ roles: [], databases: [{ name: "x" }] }, "databases[0].allow_connections must be true or false"],
  ])("is refused with the place of what is wrong: %j", (value, error) => {
    expect(parseCatalogue(JSON.stringify(value))).toEqual({ error });
  });

  test("is refused if it is no JSON", () => {
    expect(parseCatalogue("roles")).toHaveProperty("error");
  });
});

describe("membership", () => {
  const members: Readonly<Record<string, readonly string[]>> = {
    a: ["b"],
    b: ["c", "d"],
    c: ["a"],
    d: ["gone"],
    su: [],
  };
  const known = catalogue({
    roles: Object.entries(members).map(([name, member_of]) => ({
      name,
      login: true,
      superuser: name === "su",
      member_of,
    })),
  });
  test.each([
    ["a", "a", true],
    ["a", "b", true],
    ["a", "d", true],
    ["c", "d", true],
    ["b", "a", true],
    ["d", "a", false],
    ["su", "a", false],
    ["a", "gone", false],
    ["gone", "gone", false],
    ["gone", "a", false],
  ])("is %s in %s? %s", (one, group, expected) => {
    expect(isCatalogueMember(known, one, group)).toBe(expected);
  });
});
