import { describe, expect, test } from "vitest";
import { domainOf, inOrder } from "./discovery.ts";

describe("the domain of a base DN", () => {
  test.for([
    ["dc=example,dc=net", "example.net"],
    ["ou=people, DC = example ,dc=net", "example.net"],
    ["ou=R\\, D,dc=example;dc=net", "example.net"],
    ["dc=a,ou=x,0.9.2342.19200300.100.1.25=b,dc=c", "b.c"],
    ["dc=example.net", "example.net"],
    ["", null],
    ["o=example", null],
    ["dc=example,o=net", null],
    ["no dn", null],
    ["x,dc=net", null],
    // OpenLDAP finds something in these.
    ['dc="example",dc=net', null],
    ["dc=exam\\2cple,dc=net", null],
    ["ou=x+dc=example,dc=net", null],
    ["dc=a b,dc=net", null],
    ["dc=,dc=net", null],
  ] as const)("of %j is %j", ([dn, domain]) => {
    expect(domainOf(dn)).toBe(domain);
  });
});

describe("the order of SRV records", () => {
  const record = (name: string, priority: number, weight: number) => ({ name, port: 389, priority, weight });
  const names = (records: readonly { readonly name: string }[]): string =>
    records.map(({ name }) => name).join("");

  test("is that of their priorities", () => {
    const records = [record("c", 20, 0), record("a", 0, 0), record("b", 10, 100)];
    expect(names(inOrder(records, () => 0))).toBe("abc");
  });

  test("is drawn by weight among equals (RFC 2782)", () => {
    const records = [record("a", 0, 10), record("b", 0, 30), record("c", 0, 0)];
    const drawing =
      (...draws: number[]) =>
      () =>
        draws.shift() ?? 0;
    expect(names(inOrder(records, drawing(0, 0)))).toBe("cab");
    expect(names(inOrder(records, drawing(10, 30)))).toBe("abc");
    expect(names(inOrder(records, drawing(11, 0)))).toBe("bca");
    const limits: number[] = [];
    inOrder(records, (limit) => {
      limits.push(limit);
      return limit - 1;
    });
    expect(limits).toEqual([41, 11, 1]);
  });

  test("of none is none", () => {
    expect(inOrder([], () => 0)).toEqual([]);
  });
});
