import { describe, expect, test } from "vitest";
import { hbaRows, load, verdict } from "./support.ts";

describe("peer authentication", () => {
  test("admits to the role that is named like the OS user, case and all", async () => {
    const policy = await load("local all all peer");
    expect(verdict(policy, { user: "ann", systemUser: "ann" })).toBe("peer by line 1");
    expect(verdict(policy, { user: "ann", systemUser: "Ann" })).toBe("refused by line 1");
    expect(verdict(policy, { user: "bob", systemUser: "ann" })).toBe("refused by line 1");
  });

  test("does not guess who the OS user is", async () => {
    expect(verdict(await load("local all all peer"), { user: "ann" })).toBe("unknown: system_user");
  });

  test("admits to other roles by a map, and then to no role that the map does not name", async () => {
    const policy = await load({ "pg_hba.conf": "local all all peer map=m", "pg_ident.conf": "m ann bob" });
    expect(verdict(policy, { user: "bob", systemUser: "ann" })).toBe("peer by line 1");
    expect(verdict(policy, { user: "ann", systemUser: "ann" })).toBe("refused by line 1");
  });

  test("stands on local lines only", async () => {
    expect(await hbaRows("local all all peer")).toEqual(["local all all peer"]);
    const types = ["host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
    expect(await hbaRows(types.map((type) => `${type} all all all peer`).join("\n"))).toEqual(
      types.map(() => "error: peer authentication is only supported on local sockets"),
    );
  });

  test("has the option map and none of the options that are another method's", async () => {
    expect(await hbaRows("local all all peer map=m")).toEqual(["local all all peer map=m"]);
    expect(await hbaRows("local all all peer include_realm=1\nlocal all all peer pamservice=x")).toEqual([
      'error: authentication option "include_realm" is only valid for authentication methods gssapi and sspi',
      'error: authentication option "pamservice" is only valid for authentication methods pam',
    ]);
    expect(await hbaRows("local all all peer user=x")).toEqual([
      'error: unrecognized authentication option name: "user"',
    ]);
  });
});
