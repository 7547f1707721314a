import { formatIp, inNetwork, maskOf, parseIpv4, parseIpv6 } from "@sallyport/policy";
import type { Ip } from "@sallyport/policy";
import { assert, constantFrom, nat, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { Effort } from "./effort.ts";
import { AddressSets, everyAddress, noAddress } from "./address-set.ts";
import { cidrsOf } from "./cidrs.ts";

function ip(text: string): Ip {
  return parseIpv4(text) ?? parseIpv6(text) ?? "";
}

/** `10.0.0.0/8`, or with a whole mask behind the slash. */
function network(sets: AddressSets, text: string): number {
  const [address = "", mask = ""] = text.split("/");
  const own = ip(address);
  return sets.network(own, /^\d+$/.test(mask) ? maskOf(Number(mask), own.length === 4 ? 4 : 6) : ip(mask));
}

const address = tuple(constantFrom(0, 10, 127, 255), nat(3), nat(3), nat(7)).map((bytes) => bytes.join("."));
const mask = constantFrom("0", "8", "16", "29", "32", "255.0.255.0", "0.0.0.5", "255.255.0.255");
const anyNetwork = tuple(address, mask).map(([own, length]) => `${own}/${length}`);

test("what is in sets that are made of others", () => {
  assert(
    property(anyNetwork, anyNetwork, address, (one, other, client) => {
      const sets = new AddressSets(new Effort(0));
      const [a, b] = [network(sets, one), network(sets, other)];
      const isIn = (set: number): boolean => sets.has(set, ip(client));
      const matches = (text: string): boolean => {
        const [own = "", length = ""] = text.split("/");
        return inNetwork(ip(client), ip(own), /^\d+$/.test(length) ? maskOf(Number(length), 4) : ip(length));
      };
      expect([isIn(a), isIn(b)]).toEqual([matches(one), matches(other)]);
      expect(isIn(sets.and(a, b))).toBe(isIn(a) && isIn(b));
      expect(isIn(sets.or(a, b))).toBe(isIn(a) || isIn(b));
      expect(isIn(sets.minus(a, b))).toBe(isIn(a) && !isIn(b));
      const example = sets.example(sets.minus(a, b));
      expect(example === null ? sets.minus(a, b) === noAddress : sets.has(sets.minus(a, b), example)).toBe(
        true,
      );
      // Equal sets are equal numbers.
      expect(sets.or(sets.and(a, b), sets.minus(a, b))).toBe(a);
    }),
  );
});

test("IPv4 and IPv6 have nothing in common, and are all that there is", () => {
  const sets = new AddressSets(new Effort(0));
  const [ipv4, ipv6] = [network(sets, "0.0.0.0/0"), network(sets, "::/0")];
  expect([sets.and(ipv4, ipv6), sets.or(ipv4, ipv6)]).toEqual([noAddress, everyAddress]);
  expect(sets.has(ipv6, ip("::ffff:10.0.0.1"))).toBe(true);
});

test.each<[string, string[], string[], string[]]>([
  ["a network", ["10.0.0.0/8"], [], ["10.0.0.0/8"]],
  ["neighbours", ["10.0.0.0/9", "10.128.0.0/9"], [], ["10.0.0.0/8"]],
  ["a network without a part", ["10.0.0.0/8"], ["10.1.0.0/16"], ["10.0.0.0/8", "but", "10.1.0.0/16"]],
  ["two networks", ["10.1.0.0/16", "192.168.0.0/24"], [], ["10.1.0.0/16", "192.168.0.0/24"]],
  ["IPv6", ["2001:db8::/32"], ["2001:db8:1::/48"], ["2001:db8::/32", "but", "2001:db8:1::/48"]],
  ["a mask with a gap", ["10.0.0.1/255.255.255.253"], [], ["10.0.0.1/32", "10.0.0.3/32"]],
])("%s as people write it", (_, only, but, expected) => {
  const sets = new AddressSets(new Effort(0));
  const join = (list: readonly string[]): number =>
    list.reduce((set, one) => sets.or(set, network(sets, one)), noAddress);
  const shown = cidrsOf(sets.minus(join(only), join(but)), sets);
  expect([...shown.only, ...(shown.but.length > 0 ? ["but", ...shown.but] : [])]).toEqual(expected);
  expect(shown.cut).toBe(false);
});

test("of too many networks some are shown", () => {
  const sets = new AddressSets(new Effort(0));
  const shown = cidrsOf(network(sets, "10.0.0.1/255.255.0.255"), sets);
  expect([shown.only.length, shown.cut]).toEqual([16, true]);
});

test("an example is near to what nobody has rules about", () => {
  const sets = new AddressSets(new Effort(0));
  const example = (set: number): string => formatIp(sets.example(set) ?? "");
  expect(example(everyAddress)).toBe("192.0.2.1");
  expect(example(network(sets, "10.20.0.0/16"))).toBe("10.20.2.1");
  expect(example(network(sets, "fd00::/8"))).toBe("fd01:db8::1");
  expect(sets.example(noAddress)).toBeNull();
});
