import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { Random } from "./random.ts";
import { quote } from "./tokens.ts";

/** A name as a token that means this name or keyword, or a near miss of it: bare, quoted, quoted in part. */
export function word(r: Random, name: string): string {
  return written(r, utf8Bytes(name));
}

/** The same of bytes. */
export function written(r: Random, bytes: Bytes): string {
  const split = r.below(bytes.length + 1);
  // A quote at the beginning takes all meaning from a keyword; one further on takes none. At the end of a line a
  // backslash would continue it.
  if (/[ \t\r,"#]|^@|\\$/.test(bytes)) return quote(bytes);
  return r.weighted<string>([
    [75, () => bytes],
    [15, () => quote(bytes)],
    [5, () => bytes.slice(0, split) + quote(bytes.slice(split))],
    [5, () => quote(bytes.slice(0, split)) + bytes.slice(split)],
  ]);
}

/** One of a list that is long enough not to be a tuple. */
export function oneOf(r: Random, items: readonly string[]): string {
  return items[r.below(items.length)] ?? "";
}

/** Several tokens of one column. */
export function words(r: Random, make: () => string, most = 4): string {
  const items = r.many(1, r.chance(0.6) ? 1 : most, make);
  return items.map((item, at) => (at === 0 ? item : r.pick([",", ",", ",", ", ", ",,"]) + item)).join("");
}

/** Columns of one logical line, which may go over several physical ones. */
export function columnsLine(r: Random, columns: readonly string[]): string {
  const gap = (): string =>
    r.weighted<string>([
      [70, () => " "],
      [15, () => "\t"],
      [8, () => "    "],
      [3, () => " \r\t"],
      [4, () => " \\\n  "],
    ]);
  const line = columns.map((column, at) => (at === 0 ? "" : gap()) + column).join("");
  return (r.chance(0.1) ? "  " : "") + line + r.pick(["", "", "", "", " ", " # why", "#why"]);
}

/** Lines with what may stand between them. */
export function fileOf(r: Random, lines: readonly string[]): string {
  const end = (): string => r.pick(["\n", "\n", "\n", "\n", "\r\n"]);
  const between = (): string =>
    r.chance(0.1) ? r.pick(["", "# local all all trust", "  ", "# a \\\nb"]) + end() : "";
  return lines.map((line) => between() + line + end()).join("");
}
