import { decide, maskOf } from "@sallyport/policy";
import { describe, expect, test } from "vitest";
import { hbaRows, ip, load, named, verdict } from "./support.ts";

/** Which of these clients does this address column match? */
async function matching(column: string, clients: readonly string[]): Promise<string[]> {
  const policy = await load(`host all all ${column} trust`);
  return clients.filter((address) => verdict(policy, { user: "ann", address }) === "trust by line 1");
}

describe("address ranges", () => {
  test.each([
    ["a single host", "172.20.143.89/32", ["172.20.143.89"], ["172.20.143.88", "172.20.143.90"]],
    [
      "a small network",
      "172.20.143.0/24",
      ["172.20.143.0", "172.20.143.255"],
      ["172.20.142.255", "172.20.144.0"],
    ],
    ["a larger network", "10.6.0.0/16", ["10.6.0.0", "10.6.255.255"], ["10.5.255.255", "10.7.0.0"]],
    ["all of IPv4", "0.0.0.0/0", ["0.0.0.0", "8.8.8.8", "255.255.255.255"], ["::", "::ffff:8.8.8.8"]],
    ["a single IPv6 host", "::1/128", ["::1"], ["::2", "127.0.0.1"]],
    [
      "a small IPv6 network",
      "fe80::7a31:c1ff:0000:0000/96",
      ["fe80::7a31:c1ff:0:0", "fe80::7a31:c1ff:ffff:ffff"],
      ["fe80::7a31:c200:0:0", "fe80::7a31:c1fe:ffff:ffff"],
    ],
    ["all of IPv6", "::0/0", ["::", "2001:db8::1", "::ffff:8.8.8.8"], ["8.8.8.8"]],
  ])("%s", async (_, column, inside, outside) => {
    expect(await matching(column, [...inside, ...outside])).toEqual(inside);
  });

  test("the prefix length counts the bits of the client that must agree", async () => {
    expect(
      await matching("192.168.4.0/22", ["192.168.3.255", "192.168.4.0", "192.168.7.255", "192.168.8.0"]),
    ).toEqual(["192.168.4.0", "192.168.7.255"]);
  });

  test("bits to the right of the prefix may be set: they are shown, and do not count", async () => {
    expect(await hbaRows("host all all 10.1.2.3/8 trust")).toEqual(["host all all 10.1.2.3 255.0.0.0 trust"]);
    expect(await matching("10.1.2.3/8", ["10.9.9.9", "11.1.2.3"])).toEqual(["10.9.9.9"]);
  });

  test("blanks around the slash are a mistake, unless they are quoted behind it", async () => {
    expect(
      await hbaRows(
        'host all all 10.0.0.0 /8 trust\nhost all all 10.0.0.0/ 8 trust\nhost all all "10.0.0.0/ 8" trust',
      ),
    ).toEqual([
      'error: invalid IP mask "/8": Name or service not known',
      'error: invalid CIDR mask in address "10.0.0.0/"',
      "host all all 10.0.0.0 255.0.0.0 trust",
    ]);
  });

  test("without its trailing zeroes an address is another one", async () => {
    expect(await hbaRows("host all all 10/8 trust\nhost all all 172.20.143/24 trust")).toEqual([
      "host all all 0.0.0.10 255.0.0.0 trust",
      "host all all 172.20.0.143 255.255.255.0 trust",
    ]);
  });

  test("IPv4 entries match IPv4 only, IPv6 entries IPv6 only, mapped addresses too", async () => {
    const clients = ["10.1.2.3", "::ffff:10.1.2.3"];
    expect(await matching("10.1.2.3/32", clients)).toEqual(["10.1.2.3"]);
    expect(await matching("::ffff:10.1.2.3/128", clients)).toEqual(["::ffff:10.1.2.3"]);
  });
});

describe("the mask column", () => {
  test.each([
    ["255.0.0.0", "/8"],
    ["255.255.255.255", "/32"],
  ])("%s is the same as %s", async (mask, length) => {
    expect(await hbaRows(`host all all 10.1.2.3 ${mask} trust`)).toEqual(
      await hbaRows(`host all all 10.1.2.3${length} trust`),
    );
  });
});

describe("address keywords", () => {
  const interfaces = [
    { ip: ip("192.168.7.1"), mask: maskOf(24, 4) },
    { ip: ip("fd00::1"), mask: maskOf(64, 6) },
  ];
  const clients = ["192.168.7.1", "192.168.7.9", "192.168.8.1", "fd00::1", "fd00::9", "fd01::1"];
  const among = async (keyword: string) => {
    const policy = await load(`host all all ${keyword} trust`);
    const matches = (address: string) => verdict(policy, { user: "ann", address }, { interfaces });
    return clients.filter((address) => matches(address) === "trust by line 1");
  };

  test("all is any address", async () => {
    expect(await among("all")).toEqual(clients);
  });

  test("samehost is any address of the server", async () => {
    expect(await among("samehost")).toEqual(["192.168.7.1", "fd00::1"]);
  });

  test("samenet is any address in a subnet of the server", async () => {
    expect(await among("samenet")).toEqual(["192.168.7.1", "192.168.7.9", "fd00::1", "fd00::9"]);
  });
});

describe("host names", () => {
  const ann = { user: "ann", address: "10.1.2.3" };

  test("are whatever is neither range nor keyword, and never have a prefix length", async () => {
    expect(await hbaRows("host all all db.example.com trust\nhost all all 300.1.1.1 trust")).toEqual([
      "host all all db.example.com trust",
      "host all all 300.1.1.1 trust",
    ]);
    expect(await hbaRows("host all all db.example.com/32 trust")).toEqual([
      'error: specifying both host name and CIDR mask is invalid: "db.example.com/32"',
    ]);
  });

  test("must be the name of the client's address, and that name must have this address", async () => {
    const policy = await load("host all all db.example.com trust");
    expect(verdict(policy, ann, named("db.example.com", ["10.9.9.9", "10.1.2.3"]))).toBe("trust by line 1");
    expect(verdict(policy, ann, named("db.example.com", ["10.9.9.9"]))).toBe("no entry");
    expect(verdict(policy, ann, named("www.example.com", ["10.1.2.3"]))).toBe("no entry");
    expect(verdict(policy, ann, { hostname: { name: null, error: "No such name" } })).toBe("no entry");
  });

  test("are compared without regard to case", async () => {
    const policy = await load("host all all DB.example.com trust");
    expect(verdict(policy, ann, named("db.EXAMPLE.com", ["10.1.2.3"]))).toBe("trust by line 1");
  });

  test("are the name that the resolver gives for the address: an alias does not match", async () => {
    const policy = await load("host all all alias.example.com trust");
    expect(verdict(policy, ann, named("db.example.com", ["10.1.2.3"]))).toBe("no entry");
  });

  test("with a leading dot match the end of the name, and not the domain itself", async () => {
    const policy = await load("host all all .example.com trust");
    const client = (name: string) => verdict(policy, ann, named(name, ["10.1.2.3"]));
    expect(client("foo.example.com")).toBe("trust by line 1");
    expect(client("a.b.example.com")).toBe("trust by line 1");
    expect(client("example.com")).toBe("no entry");
    expect(client("fooexample.com")).toBe("no entry");
  });

  test("cost one lookup of each kind, however many lines have one, and none before their turn", async () => {
    const policy = await load(
      "host all bob all md5\nhost all all x.example.com trust\nhost all all .example.com trust",
    );
    const asked = (user: string, facts = {}) => decide(policy, { ...ann, user }, facts).dependsOn;
    expect(asked("bob")).toEqual([]);
    expect(asked("ann")).toEqual([{ fact: "hostname", address: "10.1.2.3", name: null }]);
    expect(asked("ann", named("a.example.com"))).toEqual([
      { fact: "hostname", address: "10.1.2.3", name: "a.example.com" },
    ]);
    expect(asked("ann", named("a.example.com", ["10.1.2.3"]))).toEqual([]);
    expect(asked("ann", named("a.example.org"))).toEqual([]);
  });
});
