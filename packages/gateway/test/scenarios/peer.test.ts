import { userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import { gateFiles } from "../gate.ts";
import { houses } from "./house.ts";

const roles = [
  "create role testmapgroup nologin",
  String.raw`create role "testmapgroupliteral\1" login`,
  "create role testmapuser login in role testmapgroup",
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

  test("a map to +testmapgroup is to that role, too, which then may not log in", async () => {
    await mapped("+testmapgroup");
    const { status, stderr } = await house.visit("user=testmapgroup");
    expect(status).toBe(2);
    expect(stderr).toContain('FATAL:  role "testmapgroup" is not permitted to log in\n');
  });
});

// Until there are regular expressions, a map file with one is no map file: nobody gets in by half of it.
describe("PostgreSQL's 003_peer, regular expressions in the map, are refused today", () => {
  test.for([
    ["as database user", "os /^testm.*$", "^testm.*$"],
    ["as system user", "/^.*TAIL$ testmapuser", "^.*TAIL$"],
    ["with a part of it in the database user", String.raw`/^S(.*)$ test\1mapuser`, "^S(.*)$"],
  ])("%s", async ([, mapping = "", expression = ""]) => {
    await using directory = await tempDirectory();
    const { policy, problems } = await gateFiles(directory.path, {
      hba: "local all all peer map=mypeermap\n",
      ident: `mypeermap os testmapuser\nmypeermap ${mapping}\n`,
      conf: "upstream = 'host=/nonexistent'\nupstream_auth = service\n",
    });
    expect(policy?.mappings).toEqual([]);
    expect(problems[0]?.text).toBe(`invalid regular expression "${expression}": not supported by this build`);
  });
});
