import { utf8Bytes } from "@sallyport/policy";
import { loopbackAddress } from "./decision-attempt.ts";
import type { Random } from "./random.ts";
import { regexToken } from "./regex-token.ts";
import type { Tree, TreeEntry } from "./tree.ts";
import { columnsLine, fileOf, oneOf, word, words } from "./word.ts";
import { databaseNames, longest, roleNames } from "./world.ts";

/**
 * A `pg_hba.conf`, with what it includes, that PostgreSQL 18 loads: rules of the world's names that trust or
 * reject. Most columns are narrow, so that many rules get their turn.
 *
 * @param hostNames whether addresses may be host names: then the server asks its resolver about its clients
 */
export function decisionRules(
  r: Random,
  {
    lines,
    hostNames,
    admits = "trust",
  }: {
    readonly lines: number;
    readonly hostNames: boolean;
    /** The method of the rules that do not reject, with its options. */
    readonly admits?: string;
  },
): Tree {
  const decision = (): string => (r.chance(0.75) ? admits : "reject");
  const some = (least: number, most: number): string =>
    fileOf(
      r,
      r.many(least, most, () => randomRule(r, decision, hostNames)),
    );
  const directives = r.many(0, 2, () =>
    r.pick([
      "include more.conf",
      "include_dir extra",
      "include_if_exists missing.conf",
      'include "more.conf"',
    ]),
  );
  const main = Array.from({ length: lines }, () => randomRule(r, decision, hostNames));
  for (const directive of directives) main.splice(r.below(main.length + 1), 0, directive);
  const list = (): TreeEntry =>
    file(
      fileOf(
        r,
        r.many(1, 2, () => words(r, () => userToken(r, false))),
      ),
    );
  return new Map<string, TreeEntry>([
    ["list", list()],
    ["more.conf", file(some(1, 3))],
    ["extra", { kind: "directory" }],
    // The name of a list is relative to the file that it is named in.
    ["extra/list", list()],
    ["extra/1.conf", file(some(0, 2))],
    ["extra/.hidden.conf", file("nonsense\n")],
    ["pg_hba.conf", file(fileOf(r, main))],
  ]);
}

function file(bytes: string): TreeEntry {
  return { kind: "file", bytes, readable: true };
}

/** A rule of the world's names, as likely as not a narrow one. */
export function randomRule(r: Random, method: (type: string) => string, hostNames = false): string {
  const type = r.weighted<string>([
    [30, () => "local"],
    [30, () => "host"],
    [8, () => "hostssl"],
    [8, () => "hostnossl"],
    [3, () => "hostgssenc"],
    [6, () => "hostnogssenc"],
  ]);
  const columns = [type, words(r, () => databaseToken(r)), words(r, () => userToken(r, true))];
  if (type !== "local") columns.push(...address(r, hostNames));
  columns.push(method(type));
  return columnsLine(r, columns);
}

function databaseToken(r: Random): string {
  return r.weighted<string>([
    [16, () => word(r, "all")],
    [10, () => word(r, "sameuser")],
    [10, () => word(r, r.pick(["samerole", "samegroup"]))],
    [12, () => word(r, "replication")],
    [40, () => word(r, oneOf(r, databaseNames))],
    [6, () => word(r, oneOf(r, roleNames))],
    [14, () => regexToken(r, databaseNames)],
    [6, () => oddToken(r)],
  ]);
}

function userToken(r: Random, lists: boolean): string {
  return r.weighted<string>([
    [10, () => word(r, "all")],
    [20, () => word(r, `+${oneOf(r, ["company", "staff", "readers", "admins"])}`)],
    [8, () => word(r, `+${oneOf(r, roleNames)}`)],
    [46, () => word(r, oneOf(r, roleNames))],
    [14, () => regexToken(r, roleNames)],
    [8, () => oddToken(r)],
    [2, () => r.pick(["+", "+ghost", "+pg_database_owner", "+pg_monitor", '""'])],
    [lists ? 4 : 0, () => "@list"],
  ]);
}

/** Names that are too long, cut within a character, of bytes that are no UTF-8, of bytes that look blank. */
function oddToken(r: Random): string {
  const accents = utf8Bytes("\u00e9".repeat(40));
  return r.pick([
    longest,
    `${longest}n`,
    accents.slice(0, 62),
    accents.slice(0, 63),
    accents,
    "\u00ff",
    utf8Bytes("\u65e5\u672c"),
    utf8Bytes("\u{1f600}"),
    // Too long a spelling, a surrogate, beyond Unicode.
    "\xe0\x80\x80",
    "\xf0\x80\x80\x80",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\u00a0",
    "a\v",
    "ghost",
    "BOB",
    "staff",
    '"with  blanks "',
  ]);
}

function address(r: Random, hostNames: boolean): string[] {
  return r.weighted<string[]>([
    [15, () => ["all"]],
    [8, () => [r.pick(["samehost", "samenet"])]],
    [30, () => [`${ipv4Spelling(r, loopbackAddress(r))}/${r.below(33)}`]],
    [10, () => [`${ipv4Spelling(r, loopbackAddress(r))}/${8 * r.below(5)}`]],
    [12, () => [ipv4Spelling(r, loopbackAddress(r)), ipv4Mask(r)]],
    [14, () => [ipv6(r)]],
    [4, () => [r.pick(["::1", "::", "8000::"]), r.pick(["ffff::", "::1", "::", "ffff:ffff:ffff:ffff::"])]],
    [hostNames ? 30 : 0, () => [hostName(r)]],
  ]);
}

/** One of the ways in which `inet_aton` reads the same address. */
export function ipv4Spelling(r: Random, address: string): string {
  const bytes = address.split(".").map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return r.weighted<string>([
    [60, () => address],
    [5, () => `${a}.${b}.${c * 256 + d}`],
    [5, () => `${a}.${(b * 256 + c) * 256 + d}`],
    [5, () => String(((a * 256 + b) * 256 + c) * 256 + d)],
    [5, () => bytes.map((byte) => `0x${byte.toString(16)}`).join(".")],
    [5, () => bytes.map((byte) => `0${byte.toString(8)}`).join(".")],
  ]);
}

/** Contiguous or not. */
function ipv4Mask(r: Random): string {
  const byte = (): string => r.pick(["255", "255", "0", "0", "1", "254", "240", "0xff"]);
  return [byte(), byte(), byte(), byte()].join(".");
}

function ipv6(r: Random): string {
  return r.weighted<string>([
    [20, () => "::1/128"],
    [10, () => "::/0"],
    [20, () => `::1/${r.below(129)}`],
    [10, () => `0:0:0:0:0:0:0:${r.pick(["1", "0001", "2"])}/${r.pick([126, 127, 128])}`],
    [10, () => `::ffff:${loopbackAddress(r)}/${r.pick([0, 96, 104, 128])}`],
    [5, () => `fe80::1/${r.below(129)}`],
    [5, () => `::0.0.0.1/${r.pick([127, 128])}`],
  ]);
}

function hostName(r: Random): string {
  return r.pick([
    "localhost",
    "localhost",
    "LocalHost",
    "LOCALHOST",
    ".localhost",
    ".LocalHost",
    "localhost.localdomain",
    ".localdomain",
    "ip6-localhost",
    "host",
    "300.0.0.1",
    '"all"',
    '"samenet"',
  ]);
}
