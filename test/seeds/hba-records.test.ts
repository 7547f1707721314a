import { profileOf } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { load, read, verdict } from "./support.ts";

describe("the first record that matches", () => {
  test("decides; none after it is looked at", async () => {
    const policy = await load("local db all reject\nlocal all ann md5\nlocal all all trust");
    expect(verdict(policy, { user: "ann", database: "db" })).toBe("reject by line 1");
    expect(verdict(policy, { user: "ann", database: "x" })).toBe("md5 by line 2");
    expect(verdict(policy, { user: "bob", database: "x" })).toBe("trust by line 3");
  });

  test("is final: who fails by its map does not fall through to a line that would admit", async () => {
    const policy = await load("local all all peer\nlocal all all trust");
    expect(verdict(policy, { user: "ann", systemUser: "bob" })).toBe("refused by line 1");
  });

  test("missing, there is no access", async () => {
    const policy = await load("local db ann trust");
    expect(verdict(policy, { user: "bob", database: "db" })).toBe("no entry");
    expect(verdict(policy, { user: "ann", database: "x" })).toBe("no entry");
  });

  test("may be trust for loopback before a password for everybody, and not the other way round", async () => {
    const [trust, password] = ["host all all 127.0.0.1/32 trust", "host all all 0.0.0.0/0 scram-sha-256"];
    const policy = await load([trust, password].join("\n"));
    expect(verdict(policy, { user: "ann", address: "127.0.0.1" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann", address: "10.0.0.1" })).toBe("scram-sha-256 by line 2");
    const turned = await load([password, trust].join("\n"));
    expect(verdict(turned, { user: "ann", address: "127.0.0.1" })).toBe("scram-sha-256 by line 1");
  });

  test("may reject one host of a network that a later one admits", async () => {
    const policy = await load("host all all 10.0.0.9/32 reject\nhost all all 10.0.0.0/24 md5");
    expect(verdict(policy, { user: "ann", address: "10.0.0.9" })).toBe("reject by line 1");
    expect(verdict(policy, { user: "ann", address: "10.0.0.8" })).toBe("md5 by line 2");
  });
});

describe("record types", () => {
  test("local is for Unix-domain sockets, and without it they are closed", async () => {
    const ann = { user: "ann" };
    expect(verdict(await load("local all all trust"), ann)).toBe("trust by line 1");
    expect(verdict(await load("local all all trust"), { ...ann, address: "127.0.0.1" })).toBe("no entry");
    expect(verdict(await load("host all all all trust"), ann)).toBe("no entry");
  });

  test("host is for TCP with and without SSL, hostssl for the one, hostnossl for the other", async () => {
    const policy = await load("hostssl a all all trust\nhostnossl b all all trust\nhost c all all trust");
    const ann = { user: "ann", address: "10.0.0.1" };
    const both = (database: string) => [true, false].map((ssl) => verdict(policy, { ...ann, database, ssl }));
    expect(both("a")).toEqual(["trust by line 1", "no entry"]);
    expect(both("b")).toEqual(["no entry", "trust by line 2"]);
    expect(both("c")).toEqual(["trust by line 3", "trust by line 3"]);
  });

  test("hostssl without SSL is loaded with a warning that it cannot match", async () => {
    const files = { "pg_hba.conf": "hostssl all all all trust\nlocal all all trust\n" };
    for (const [options, reason] of [
      [{ settings: { ssl: false } }, "SSL is disabled"],
      [{ without: ["ssl"] }, "SSL is not supported by this build"],
    ] as const) {
      const { policy, problems } = await read(files, profileOf(options));
      expect(policy?.rules).toHaveLength(2);
      expect(problems).toMatchObject([
        { severity: "warning", text: `hostssl record cannot match because ${reason}` },
      ]);
    }
  });
});
