import { userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import { gateFiles } from "../gate.ts";
import { houses } from "./house.ts";
import type { Visit } from "./house.ts";

const roles = [
  "create role testmapgroup nologin",
  String.raw`create role "testmapgroupliteral\1" login`,
  String.raw`create role testmapuser login in role testmapgroup, "testmapgroupliteral\1"`,
];
const failed = 'FATAL:  Peer authentication failed for user "testmapuser"';

describe.for(houses(roles))("PostgreSQL's 003_peer, $name", (house) => {
  /** The OS user that the house sees us as. */
  let us: string;
  beforeAll(async () => {
    await house.open();
    await house.arrange({ hba: "local all all peer\n" });
    const { log } = await house.visit("user=testmapuser");
    const [, seen = ""] = /connection authenticated: identity="(.*)" method=peer/.exec(log) ?? [];
    // A server in a namespace of its own sees everybody under another name.
    us = house.kind === "gateway" ? userInfo().username : seen;
  });
  afterAll(house.close);

  const mapped = async (databaseUser: string): Promise<void> => {
    await house.arrange({
      hba: "local all all peer map=mypeermap\n",
      ident: `mypeermap "${us}" ${databaseUser}\n`,
    });
  };

  test("without a map, the role must be the OS user", async () => {
    await house.arrange({ hba: "local all all peer\n" });
    const { status, log } = await house.visit("user=testmapuser");
    expect(status).toBe(2);
    expect(log).toContain(`connection authenticated: identity="${us}" method=peer`);
    expect(log).toContain(
      `LOG:  provided user name (testmapuser) and authenticated user name (${us}) do not match\n`,
    );
    expect(log).toContain(failed);
  });

  test.for(["testmapuser", "all", "+testmapgroup"])("a map to %s lets the role in", async (databaseUser) => {
    await mapped(databaseUser);
    const { status, stderr, log } = await house.visit("user=testmapuser");
    expect([status, stderr]).toEqual([0, ""]);
    expect(log).toContain(`connection authenticated: identity="${us}" method=peer`);
  });

  test.for(['"all"', '"+testmapgroup"'])(
    "a map to %s, in quotes, is to another role",
    async (databaseUser) => {
      await mapped(databaseUser);
      const { status, stderr, log } = await house.visit("user=testmapuser");
      expect(status).toBe(2);
      expect(stderr).toContain(failed);
      expect(log).toContain(
        `LOG:  no match in usermap "mypeermap" for user "testmapuser" authenticated as "${us}"\n`,
      );
      expect(log).toContain(failed);
    },
  );

  const bySystemUser = async (mapping: (us: string) => string, user = "testmapuser"): Promise<Visit> => {
    await house.arrange({ hba: "local all all peer map=mypeermap\n", ident: `mypeermap ${mapping(us)}\n` });
    return await house.visit(`user='${user}'`);
  };

  test.for<[string, (us: string) => string, string?]>([
    ["the database user", (name) => `"${name}" /^testm.*$`],
    ["the system user", (name) => `/^.*${name.slice(-2)}$ testmapuser`],
    ["both", (name) => `/^.*${name.slice(-2)}$ /^testm.*$`],
    ["the system user, beside all", (name) => `/^.*${name.slice(-2)}$ all`],
    ["the system user, beside a group", (name) => `/^.*${name.slice(-2)}$ +testmapgroup`],
    [
      "the system user, with a group that matched nothing",
      (name) => String.raw`/^${name}(.*)$ test\1mapuser`,
    ],
    ["the same, in quotes", (name) => String.raw`/^${name}(.*)$ "test\1mapuser"`],
    ["which leaves \\1 in a group's name", (name) => String.raw`/^.*${name}(.*)$ +testmapgroupliteral\1`],
    [
      "which leaves \\1 in another one",
      (name) => String.raw`/^.*${name}(.*)$ "/^testmapgroupliteral\\1$"`,
      String.raw`testmapgroupliteral\\1`,
    ],
  ])("a regular expression lets the role in: %s", async ([, mapping, user]) => {
    const { status, stderr } = await bySystemUser(mapping, user);
    expect([status, stderr]).toEqual([0, ""]);
  });

  test.for<[string, (us: string) => string]>([
    ["the database user", (name) => `"${name}" /^doesnotmatch.*$`],
    ["the system user", (name) => `/^.*${name}${name}$ testmapuser`],
  ])("one that does not match does not: %s", async ([, mapping]) => {
    const { status, log } = await bySystemUser(mapping);
    expect(status).toBe(2);
    expect(log).toContain(
      `LOG:  no match in usermap "mypeermap" for user "testmapuser" authenticated as "${us}"\n`,
    );
    expect(log).toContain(failed);
  });

  test("\\1 without a group to stand for is a failure of the map", async () => {
    const { status, log } = await bySystemUser((name) => String.raw`/^${name}$ \1testmapuser`);
    expect(status).toBe(2);
    expect(log).toContain(
      String.raw`LOG:  regular expression "^${us}$" has no subexpressions as requested by backreference in "\1testmapuser"`,
    );
    expect(log).toContain(failed);
  });

  test("a map to +testmapgroup is to that role, too, which then may not log in", async () => {
    await mapped("+testmapgroup");
    const { status, stderr } = await house.visit("user=testmapgroup");
    expect(status).toBe(2);
    expect(stderr).toContain('FATAL:  role "testmapgroup" is not permitted to log in\n');
  });
});

test("a regular expression with a mistake keeps the map from running", async () => {
  await using directory = await tempDirectory();
  const { policy, problems } = await gateFiles(directory.path, {
    hba: "local all all peer map=mypeermap\n",
    ident: "mypeermap os testmapuser\nmypeermap os /^(testm\n",
    conf: "upstream = 'host=/nonexistent'\nupstream_auth = service\n",
  });
  expect(policy?.mappings).toEqual([]);
  expect(problems[0]?.text).toBe('invalid regular expression "^(testm": parentheses () not balanced');
});
