import { describe, expect, test } from "vitest";
import { maskOf, parseClientAddress } from "@sallyport/policy";
import { partsOf } from "./address-parts.ts";
import { addressClasses, networkOf } from "./networks.ts";
import type { AddressClass, Network } from "./networks.ts";

function network(text: string): Network {
  const [address = "", length = ""] = text.split("/");
  const ip = parseClientAddress(address)?.ip ?? "";
  const made = networkOf({ ip, mask: maskOf(Number(length), ip.length === 4 ? 4 : 6) });
  if (!made) throw new Error(text);
  return made;
}

function classes(...texts: string[]): AddressClass[] {
  return addressClasses(texts.map(network));
}

describe("the addresses that networks tell apart", () => {
  const cases: readonly (readonly [string, readonly string[], readonly (readonly [string, string])[]])[] = [
    [
      "none",
      [],
      [
        ["0.0.0.0/0", "203.0.113.7"],
        ["::/0", "2001:db8::7"],
      ],
    ],
    [
      "one in another",
      ["10.0.0.0/8", "10.1.0.0/16"],
      [
        ["0.0.0.0/0", "203.0.113.7"],
        ["10.0.0.0/8", "10.0.0.1"],
        ["10.1.0.0/16", "10.1.0.1"],
        ["::/0", "2001:db8::7"],
      ],
    ],
    [
      "one that begins another",
      ["10.0.0.0/8", "10.0.0.0/16"],
      [
        ["0.0.0.0/0", "203.0.113.7"],
        ["10.0.0.0/8", "10.1.0.1"],
        ["10.0.0.0/16", "10.0.0.1"],
        ["::/0", "2001:db8::7"],
      ],
    ],
    [
      "one that others fill",
      ["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9"],
      [
        ["0.0.0.0/0", "203.0.113.7"],
        ["10.0.0.0/9", "10.0.0.1"],
        ["10.128.0.0/9", "10.128.0.1"],
        ["::/0", "2001:db8::7"],
      ],
    ],
    [
      "all, in halves",
      ["0.0.0.0/1", "128.0.0.0/1"],
      [
        ["0.0.0.0/1", "0.0.0.1"],
        ["128.0.0.0/1", "203.0.113.7"],
        ["::/0", "2001:db8::7"],
      ],
    ],
    [
      "single addresses, at both ends",
      ["0.0.0.0/32", "255.255.255.255/32", "203.0.113.7/32"],
      [
        ["0.0.0.0/0", "0.0.0.2"],
        ["0.0.0.0/32", "0.0.0.0"],
        ["203.0.113.7/32", "203.0.113.7"],
        ["255.255.255.255/32", "255.255.255.255"],
        ["::/0", "2001:db8::7"],
      ],
    ],
    [
      "host bits do not count, and neither does what comes twice",
      ["10.1.2.3/16", "10.1.9.9/16", "fe80::1/10"],
      [
        ["0.0.0.0/0", "203.0.113.7"],
        ["10.1.0.0/16", "10.1.0.1"],
        ["::/0", "2001:db8::7"],
        ["fe80::/10", "fe80::1"],
      ],
    ],
  ];
  test.each(cases)("%s", (_, networks, expected) => {
    expect(classes(...networks).map(({ network, address }) => [network.text, address])).toEqual(expected);
  });

  test("a mask with holes is no network", () => {
    expect(networkOf({ ip: "\n\0\0\0", mask: "\u00ff\0\u00ff\0" })).toBeNull();
  });
});

describe("a set of them, in few words", () => {
  const all = classes("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "192.168.0.0/16");
  const words = (...texts: string[]): string[] =>
    partsOf(new Set(all.filter(({ network }) => texts.includes(network.text))), all).map(
      ({ network, except }) => `${network}${except.map((one) => ` - ${one}`).join("")}`,
    );

  test("takes in what is within, and names what is not", () => {
    expect(words("10.0.0.0/8")).toEqual(["10.0.0.0/8 - 10.1.0.0/16"]);
    expect(words("10.0.0.0/8", "10.1.0.0/16")).toEqual(["10.0.0.0/8 - 10.1.2.0/24"]);
    expect(words("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24")).toEqual(["10.0.0.0/8"]);
    expect(words("10.0.0.0/8", "10.1.2.0/24")).toEqual(["10.0.0.0/8 - 10.1.0.0/16", "10.1.2.0/24"]);
    expect(words("0.0.0.0/0", "::/0")).toEqual(["0.0.0.0/0 - 10.0.0.0/8 - 192.168.0.0/16", "::/0"]);
    expect(words("10.1.2.0/24", "192.168.0.0/16")).toEqual(["10.1.2.0/24", "192.168.0.0/16"]);
  });
});
