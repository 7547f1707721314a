import { explain } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import { hbaRows, load, membersOf, rolesOf, verdict } from "./support.ts";

const members = {
  ann: ["clerks"],
  carl: ["juniors"],
  juniors: ["clerks"],
  clerks: [],
  dave: [],
  ROOT: [],
  CHIEF: ["clerks"],
};
const roles = membersOf(members);

describe("the database column", () => {
  test("all is every database", async () => {
    const policy = await load("local all all trust");
    for (const database of ["a", "template1", "does not exist", "replication"]) {
      expect(verdict(policy, { user: "ann", database })).toBe("trust by line 1");
    }
  });

  test("all is not physical replication", async () => {
    expect(verdict(await load("local all all trust"), { user: "ann", replication: true })).toBe("no entry");
  });

  test("sameuser is the database named like the user", async () => {
    const policy = await load("local sameuser all trust");
    expect(verdict(policy, { user: "ann", database: "ann" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann", database: "Ann" })).toBe("no entry");
  });

  test.each(["samerole", "samegroup"])(
    "samerole, or samegroup, is the database named like a role of the user: %s",
    async (keyword) => {
      const policy = await load(`local ${keyword} all trust`);
      const clerks = { database: "clerks" };
      expect(verdict(policy, { ...clerks, user: "ann" }, roles)).toBe("trust by line 1");
      expect(verdict(policy, { ...clerks, user: "carl" }, roles)).toBe("trust by line 1");
      expect(verdict(policy, { ...clerks, user: "dave" }, roles)).toBe("no entry");
    },
  );

  test("a superuser has samerole only as a member", async () => {
    const policy = await load("local samerole all trust");
    expect(verdict(policy, { user: "ROOT", database: "clerks" }, roles)).toBe("no entry");
    expect(verdict(policy, { user: "CHIEF", database: "clerks" }, roles)).toBe("trust by line 1");
  });

  test("replication is physical replication, which names no database, and nothing else", async () => {
    const policy = await load("local replication all trust");
    expect(verdict(policy, { user: "ann", replication: true })).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann", replication: true, database: "ignored" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann", replication: "database", database: "x" })).toBe("no entry");
    expect(verdict(policy, { user: "ann", database: "replication" })).toBe("no entry");
  });

  test("any other word is the name of one database", async () => {
    const policy = await load("local Sales all trust");
    expect(verdict(policy, { user: "ann", database: "Sales" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann", database: "sales" })).toBe("no entry");
  });

  test("names can be a list, or in a file behind @", async () => {
    const policy = await load({ "pg_hba.conf": "local a,b,@more all trust", more: "c\nd" });
    for (const database of ["a", "b", "c", "d"]) {
      expect(verdict(policy, { user: "ann", database })).toBe("trust by line 1");
    }
    expect(verdict(policy, { user: "ann", database: "more" })).toBe("no entry");
  });
});

describe("the user column", () => {
  test("all is every user, existing or not", async () => {
    const policy = await load("local all all trust");
    for (const user of ["ann", "ROOT", "nobody"]) expect(verdict(policy, { user })).toBe("trust by line 1");
  });

  test("a name is that role only", async () => {
    const policy = await load("local all clerks trust");
    expect(verdict(policy, { user: "clerks" }, roles)).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann" }, roles)).toBe("no entry");
  });

  test("a plus sign means all direct and indirect members of a role, and itself", async () => {
    const policy = await load("local all +clerks trust");
    for (const user of ["ann", "carl", "clerks"])
      expect(verdict(policy, { user }, roles)).toBe("trust by line 1");
    expect(verdict(policy, { user: "dave" }, roles)).toBe("no entry");
  });

  test("a superuser is a member only by membership", async () => {
    const policy = await load("local all +clerks trust");
    expect(verdict(policy, { user: "ROOT" }, roles)).toBe("no entry");
    expect(verdict(policy, { user: "CHIEF" }, roles)).toBe("trust by line 1");
  });

  test("users can be a list, or in a file behind @", async () => {
    const policy = await load({ "pg_hba.conf": "local all dave,@more,+juniors trust", more: "eve" });
    for (const user of ["dave", "eve", "carl"])
      expect(verdict(policy, { user }, roles)).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann" }, roles)).toBe("no entry");
  });
});

describe("files behind @", () => {
  test("are lists, separated by blanks, commas or lines, with comments", async () => {
    const files = { "pg_hba.conf": "local all @list trust", list: "a b,c # no d\n\n e , f\n" };
    expect(await hbaRows(files)).toEqual(["local all a,b,c,e,f trust"]);
  });

  test("can name further files, relative to the directory that they stand in themselves", async () => {
    const files = {
      "pg_hba.conf": "local all @lists/first trust",
      "lists/first": "a @second",
      "lists/second": "b @../third",
      third: "c",
      second: "not this one",
    };
    expect(await hbaRows(files)).toEqual(["local all a,b,c trust"]);
  });

  test("that are missing are a mistake of the line", async () => {
    const [row] = await hbaRows("local all @none trust");
    expect(row).toMatch(/^error: could not open file "\/.*\/none": No such file or directory$/);
  });
});

test("behind the rules stands the CONNECT privilege, and explain knows it", async () => {
  const policy = await load("local all all trust");
  const databases = new Map([
    ["open", { name: "open", allowConnections: true, connect: ["public"] }],
    ["closed", { name: "closed", allowConnections: true, connect: ["clerks"] }],
  ]);
  const catalogue = { ...rolesOf(members), databases };
  const last = (user: string, database: string) =>
    explain(policy, { user, database }, roles, { catalogue, now: new Date(0), whole: false }).then.at(-1);
  expect(last("dave", "open")).toBe('"dave" has CONNECT on "open"');
  expect(last("ann", "closed")).toBe('"ann" has CONNECT on "closed"');
  expect(last("dave", "closed")).toBe('FATAL:  permission denied for database "closed"');
});
