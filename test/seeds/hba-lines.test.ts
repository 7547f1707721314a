import { describe, expect, test } from "vitest";
import { hbaRows, load, read, verdict } from "./support.ts";

describe("lines and fields", () => {
  test("a record is a line; blank lines and what follows # do not count", async () => {
    const text = "# first\n\n \t\nlocal all ann trust # and more\nlocal all bob trust#x\n";
    const { hba } = await read({ "pg_hba.conf": text });
    expect(hba.entries.map(({ line }) => line.number)).toEqual([4, 5]);
    expect(await hbaRows(text)).toEqual(["local all ann trust", "local all bob trust"]);
  });

  test("a backslash at its end continues a line, which versions before 14 did not know", async () => {
    expect(await hbaRows("local all \\\n  all trust\n")).toEqual(["local all all trust"]);
  });

  test("fields are separated by blanks, tabs, any number of them", async () => {
    expect(await hbaRows("local\tall \t all    trust")).toEqual(["local all all trust"]);
  });

  test("a quoted field may hold blanks", async () => {
    const policy = await load('local "my db" "Jane Doe" trust');
    expect(verdict(policy, { user: "Jane Doe", database: "my db" })).toBe("trust by line 1");
  });

  test("a quoted keyword is a name", async () => {
    const policy = await load(
      'local "all" ann trust\nlocal "replication" ann trust\nlocal x "all" trust\nlocal "sameuser" ann trust',
    );
    expect(verdict(policy, { user: "ann", database: "all" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "ann", database: "other" })).toBe("no entry");
    expect(verdict(policy, { user: "ann", database: "replication" })).toBe("trust by line 2");
    expect(verdict(policy, { user: "ann", replication: true })).toBe("no entry");
    expect(verdict(policy, { user: "all", database: "x" })).toBe("trust by line 3");
    expect(verdict(policy, { user: "bob", database: "x" })).toBe("no entry");
    expect(verdict(policy, { user: "ann", database: "ann" })).toBe("no entry");
  });

  test("a quoted keyword in the address column is a host name", async () => {
    const policy = await load('host all all "all" trust');
    expect(verdict(policy, { user: "ann", address: "10.0.0.1" })).toBe("unknown: hostname");
  });

  test("quotes take nothing from a type, a method or a slash", async () => {
    expect(await hbaRows('"local" all all "trust"\nlocal "/x" all trust')).toEqual([
      "local all all trust",
      "local /x all trust",
    ]);
  });

  test("behind a slash stands a regular expression, which matches any part of a name", async () => {
    const policy = await load('local /^s.*_[0-9]+$ all trust\nlocal all "/^[ab]",carl trust\n');
    expect(verdict(policy, { user: "eve", database: "shop_12" })).toBe("trust by line 1");
    expect(verdict(policy, { user: "eve", database: "shop_12b" })).toBe("no entry");
    expect(verdict(policy, { user: "bob", database: "shop" })).toBe("trust by line 2");
    expect(verdict(policy, { user: "carl", database: "shop" })).toBe("trust by line 2");
    expect(verdict(policy, { user: "eve", replication: true })).toBe("no entry");
  });

  test("a mistake in one is a mistake of the file, and the file does not run", async () => {
    const { policy, problems } = await read({ "pg_hba.conf": "local all ann trust\nlocal all /^(a trust\n" });
    expect(policy).toBeNull();
    expect(problems).toMatchObject([
      {
        severity: "error",
        sqlstate: "2201B",
        text: 'invalid regular expression "^(a": parentheses () not balanced',
        span: { start: 10, end: 14 },
      },
    ]);
  });
});

describe("the formats of a record", () => {
  const types = ["host", "hostssl", "hostnossl"];
  const addresses = ["10.0.0.0/8", "10.0.0.0 255.0.0.0"];

  test("the seven of version 10", async () => {
    const lines = types.flatMap((type) => addresses.map((address) => `${type} db ann ${address} md5`));
    expect(await hbaRows(["local db ann md5", ...lines].join("\n"))).toEqual([
      "local db ann md5",
      ...types.flatMap((type) => addresses.map(() => `${type} db ann 10.0.0.0 255.0.0.0 md5`)),
    ]);
  });

  test("the four for GSSAPI encryption that came with version 12", async () => {
    const later = ["hostgssenc", "hostnogssenc"];
    const lines = later.flatMap((type) => addresses.map((address) => `${type} db ann ${address} md5`));
    expect(await hbaRows(lines.join("\n"))).toEqual(
      later.flatMap((type) => addresses.map(() => `${type} db ann 10.0.0.0 255.0.0.0 md5`)),
    );
  });

  test("options are name=value behind the method, and which there are depends on the method", async () => {
    expect(await hbaRows("host all all all gss include_realm=0 krb_realm=R map=m")).toEqual([
      "host all all all gss krb_realm=R,map=m",
    ]);
    expect(await hbaRows("host all all all md5 krb_realm=R\nhost all all all gss map")).toEqual([
      'error: authentication option "krb_realm" is only valid for authentication methods gssapi and sspi',
      "error: authentication option not in name=value format: map",
    ]);
  });

  test("a local line has no address", async () => {
    expect(
      await hbaRows("local all all 127.0.0.1/32 trust\nlocal all all 127.0.0.1 255.0.0.0 trust"),
    ).toEqual([
      'error: invalid authentication method "127.0.0.1/32"',
      'error: invalid authentication method "127.0.0.1"',
    ]);
  });

  test("a line with a mistake has a row that says so, and keeps the whole file from loading", async () => {
    const text = "local all all trust\nlocal all all rust\n";
    expect(await hbaRows(text)).toEqual([
      "local all all trust",
      'error: invalid authentication method "rust"',
    ]);
    expect((await read({ "pg_hba.conf": text })).policy).toBeNull();
  });
});
