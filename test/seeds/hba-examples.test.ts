import { describe, expect, test } from "vitest";
import { example201, example212, exampleLists } from "./examples.ts";
import { hbaRows, load, membersOf, named, read, verdict } from "./support.ts";

const files = (hba: string) => ({ "pg_hba.conf": hba, "pg_ident.conf": example212, ...exampleLists });

describe("example 20.1", () => {
  test("all of its lines load together and are shown as rows", async () => {
    const whole = files(Object.values(example201).join("\n\n"));
    expect((await read(whole)).problems).toEqual([]);
    expect(await hbaRows(whole)).toEqual([
      "local all all trust",
      "host all all 127.0.0.1 255.255.255.255 trust",
      "host all all 127.0.0.1 255.255.255.255 trust",
      "host all all ::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff trust",
      "host all all localhost trust",
      "host postgres all 192.168.93.0 255.255.255.0 ident",
      "host postgres all 192.168.12.10 255.255.255.255 scram-sha-256",
      "host all mike .example.com md5",
      "host all all .example.com scram-sha-256",
      "host all all 192.168.54.1 255.255.255.255 reject",
      "host all all 0.0.0.0 0.0.0.0 gss include_realm=true",
      "host all all 192.168.0.0 255.255.0.0 ident map=omicron",
      "local sameuser all md5",
      "local all alice,bob md5",
      "local all +support md5",
      "local all alice,bob,+support md5",
      "local db1,db2,demo1,demo2 all md5",
    ]);
  });

  test("anybody on the machine may be anybody through the Unix-domain socket", async () => {
    const policy = await load(example201.socket);
    expect(verdict(policy, { user: "anybody", database: "anything" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "anybody", address: "127.0.0.1" })).toBe("no entry");
  });

  test.each([example201.loopback, example201.loopbackByMask])(
    "the same over IPv4 loopback, by prefix length or by mask: %s",
    async (line) => {
      const policy = await load(line);
      expect(verdict(policy, { user: "anybody", address: "127.0.0.1" })).toBe("trust by line 1");
      expect(verdict(policy, { user: "anybody", address: "127.0.0.2" })).toBe("no entry");
      expect(verdict(policy, { user: "anybody", address: "::1" })).toBe("no entry");
      expect(verdict(policy, { user: "anybody" })).toBe("no entry");
    },
  );

  test("the same over IPv6 loopback", async () => {
    const policy = await load(example201.loopbackIpv6);
    expect(verdict(policy, { user: "anybody", address: "::1" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "anybody", address: "127.0.0.1" })).toBe("no entry");
  });

  test("the same by the name localhost, in both families", async () => {
    const policy = await load(example201.localhost);
    const localhost = named("localhost", ["127.0.0.1", "::1"]);
    expect(verdict(policy, { user: "anybody", address: "127.0.0.1" }, localhost)).toBe("trust by line 1");
    expect(verdict(policy, { user: "anybody", address: "::1" }, localhost)).toBe("trust by line 1");
  });

  test("from 192.168.93.x, who ident says they are, to the database postgres", async () => {
    const policy = await load(example201.identNetwork);
    const ann = { user: "ann", database: "postgres", address: "192.168.93.7" };
    expect(verdict(policy, { ...ann, systemUser: "ann" })).toBe("ident by line 1");
    expect(verdict(policy, { ...ann, systemUser: "eve" })).toBe("refused by line 1");
    expect(verdict(policy, ann)).toBe("unknown: system_user");
    expect(verdict(policy, { ...ann, database: "other" })).toBe("no entry");
    expect(verdict(policy, { ...ann, address: "192.168.94.7" })).toBe("no entry");
  });

  test("from one host, by password, to the database postgres", async () => {
    const policy = await load(example201.oneHost);
    const ann = { user: "ann", database: "postgres", address: "192.168.12.10" };
    expect(verdict(policy, ann)).toBe("scram-sha-256 by line 1");
    expect(verdict(policy, { ...ann, address: "192.168.12.11" })).toBe("no entry");
  });

  test("from a domain, by SCRAM, but mike by md5", async () => {
    const policy = await load(example201.domain);
    const own = named("pc.example.com", ["10.1.2.3"]);
    expect(verdict(policy, { user: "mike", address: "10.1.2.3" }, own)).toBe("md5 by line 1");
    expect(verdict(policy, { user: "ann", address: "10.1.2.3" }, own)).toBe("scram-sha-256 by line 2");
    expect(verdict(policy, { user: "ann", address: "10.1.2.3" }, named("pc.example.org"))).toBe("no entry");
  });

  test("one host is rejected, and the rest of IPv4 comes in by GSSAPI", async () => {
    const policy = await load(example201.rejectThenGss);
    const ann = { user: "ann", systemUser: "ann@EXAMPLE.COM" };
    expect(verdict(policy, { ...ann, address: "192.168.54.1" })).toBe("reject by line 1");
    expect(verdict(policy, { ...ann, user: "ann@EXAMPLE.COM", address: "192.168.54.2" })).toBe(
      "gss by line 2",
    );
    expect(verdict(policy, { ...ann, user: "ann@EXAMPLE.COM", address: "8.8.8.8" })).toBe("gss by line 2");
    expect(verdict(policy, { ...ann, address: "2001:db8::1" })).toBe("no entry");
  });

  test("from 192.168.x.x, bryanh of the ident server may be guest1 by the map omicron", async () => {
    const policy = await load(files(example201.mapped));
    const guest = { user: "guest1", database: "any", address: "192.168.200.1" };
    expect(verdict(policy, { ...guest, systemUser: "bryanh" })).toBe("ident by line 1");
    expect(verdict(policy, { ...guest, systemUser: "ann" })).toBe("refused by line 1");
  });

  const roles = membersOf({ alice: [], bob: [], carol: ["support"], dave: [], support: [], ROOT: [] });

  test("locally to one's own database, or anywhere for administrators and members of support", async () => {
    const policy = await load(files(example201.ownDatabases));
    const verdictOf = (user: string, database: string) => verdict(policy, { user, database }, roles);
    expect(verdictOf("dave", "dave")).toBe("md5 by line 1");
    expect(verdictOf("dave", "sales")).toBe("no entry");
    expect(verdictOf("alice", "sales")).toBe("md5 by line 2");
    expect(verdictOf("carol", "sales")).toBe("md5 by line 3");
    expect(verdictOf("ROOT", "sales")).toBe("no entry");
  });

  test("two of those lines can be one", async () => {
    const [two, one] = [await load(files(example201.ownDatabases)), await load(files(example201.combined))];
    for (const user of ["alice", "bob", "carol", "dave", "ROOT", "nobody"]) {
      const attempt = { user, database: "sales" };
      const admitted = verdict(two, attempt, roles) !== "no entry";
      expect(verdict(one, attempt, roles)).toBe(admitted ? "md5 by line 1" : "no entry");
    }
  });

  test("the database column takes lists and files, too", async () => {
    const policy = await load(files(example201.databaseList));
    for (const database of ["db1", "db2", "demo1", "demo2"]) {
      expect(verdict(policy, { user: "dave", database })).toBe("md5 by line 1");
    }
    expect(verdict(policy, { user: "dave", database: "db3" })).toBe("no entry");
  });
});
