import type { Random } from "./random.ts";

/** The address column of a record, and often the mask column behind it. */
export function addressColumns(r: Random): string[] {
  return r.weighted<string[]>([
    [
      14,
      () => [
        r.pick(["all", "samehost", "samenet", '"all"', '"samehost"', '"samenet"', "ALL", '""all', 'al"l"']),
      ],
    ],
    [30, () => [`${ipv4(r)}/${prefix(r, 32)}`]],
    [12, () => [ipv4(r), mask(r)]],
    [20, () => [`${ipv6(r)}/${prefix(r, 128)}`]],
    [6, () => [ipv6(r), r.chance(0.7) ? "ffff:ffff::" : mask(r)]],
    [
      10,
      () => [
        r.pick([
          "db.example.com",
          ".example.com",
          ".example.com",
          "localhost",
          "300.1.1.1",
          "foo_bar",
          ".",
          "1.2.3.4x",
          "::g",
          "1:2",
          "1.2.3.4.5",
          '""',
        ]),
      ],
    ],
    [3, () => [`${r.pick(["db.example.com", "300.1.1.1", ""])}/${prefix(r, 32)}`]],
    [3, () => [`${ipv4(r)},${ipv4(r)}`]],
    [6, () => [ipv4(r)]],
    [2, () => [ipv6(r), ipv4(r)]],
    [2, () => [ipv4(r), `${mask(r)},${mask(r)}`]],
  ]);
}

function ipv4(r: Random): string {
  const parts = r.many(1, r.chance(0.8) ? 4 : 5, () => octet(r));
  if (r.chance(0.7)) return [octet(r), octet(r), octet(r), octet(r)].join(".");
  return parts.join(".");
}

function octet(r: Random): string {
  return r.weighted<string>([
    [70, () => String(r.below(256))],
    [8, () => r.pick(["0", "10", "127", "255"])],
    [5, () => `0x${r.below(300).toString(16)}`],
    [5, () => `0${r.below(300).toString(8)}`],
    [3, () => String(r.below(70_000))],
    [
      2,
      () =>
        r.pick(["4294967295", "4294967296", "08", "0x", "-1", "+1", " 1", "1e3", "256", "65536", "16777216"]),
    ],
    [1, () => r.pick(["", "a", "1 "])],
  ]);
}

function ipv6(r: Random): string {
  const group = (): string =>
    r.weighted([
      [60, () => r.below(65_536).toString(16)],
      [25, () => "0"],
      [5, () => r.below(256).toString(16).toUpperCase()],
      [3, () => "00000"],
      [1, () => "g"],
    ]);
  const groups = (least: number, most: number): string => r.many(least, most, group).join(":");
  /** There is room for one group more, or for none. */
  const crowded = (before: number, more: number): string =>
    `${groups(before, before)}::${groups(7 - before + more, 7 - before + more)}`;
  const zone = r.weighted<string>([
    [20, () => ""],
    [9, () => "%lo"],
    [3, () => r.pick(["%1", "%1", "%nosuch", "%", "%4294967296", "%lo%lo", "%../lo", "%.."])],
  ]);
  return r.weighted<string>([
    [30, () => groups(8, 8)],
    [30, () => `${groups(0, 4)}::${groups(0, 3)}`],
    [6, () => crowded(r.below(8), r.below(2))],
    [10, () => `::ffff:${ipv4(r)}`],
    [6, () => `::${ipv4(r)}`],
    [6, () => `${groups(6, 6)}:${ipv4(r)}`],
    [10, () => `fe80::${group()}${zone}`],
    [2, () => `${ipv4(r)}${zone}`],
    [2, () => `::1${zone}`],
    [4, () => `ff02::1${zone}`],
    [4, () => r.pick(["::", "::1", ":::", "1::2::3", ":1", "1:", "::1:"])],
    [4, () => groups(1, 9)],
  ]);
}

function prefix(r: Random, most: number): string {
  return r.weighted<string>([
    [80, () => String(r.below(most + 1))],
    [4, () => String(most + r.below(4))],
    [
      12,
      () =>
        r.pick([
          "+8",
          "08",
          "-0",
          "+032",
          "-1",
          "0x8",
          "8x",
          "",
          "8/",
          "99999999999999999999",
          "-99999999999999999999",
          "1.5",
          " 8",
        ]),
    ],
  ]);
}

function mask(r: Random): string {
  return r.weighted<string>([
    [
      60,
      () =>
        r.pick(["255.0.0.0", "255.255.0.0", "255.255.255.0", "255.255.255.255", "0.0.0.0", "255.0.255.0"]),
    ],
    [10, () => ipv4(r)],
    [
      24,
      () =>
        r.pick(["24", "0xff000000", "255.0", "trust", "ffff::", '""', "255.0.0.0/8", "all", "255.0.0.0,x"]),
    ],
  ]);
}
