import type { Random } from "./random.ts";

/** Bytes that mean something to the tokenizer, or nearly do. */
const oddBytes = [
  '"',
  '""',
  ",",
  "#",
  "@",
  "\\",
  "+",
  " ",
  "\t",
  "\r",
  "\v",
  "\f",
  "=",
  "\u00a0",
  "\u00e9",
  "\u00ff",
  "\u00c3",
] as const;

const words = [
  "a",
  "b",
  "app",
  "shop",
  "bob",
  "staff",
  "readers",
  "x",
  "all",
  "sameuser",
  "samerole",
  "samegroup",
] as const;

/** A name as it may stand in a list: plain, quoted in part or whole, odd, empty, very long. */
export function nameToken(r: Random): string {
  return r.weighted<string>([
    [50, () => r.pick(words)],
    [8, () => r.pick(["replication", "all", "samehost", "samenet", "include", "trust", "ALL", "local"])],
    [8, () => `+${r.pick(words)}`],
    [12, () => quote(r.pick(words))],
    [6, () => quote(oddName(r))],
    [4, () => oddName(r)],
    [3, () => `${r.pick(words)}${quote(r.pick(words))}`],
    [3, () => `+${quote(r.pick(words))}`],
    [2, () => '""'],
    [2, () => r.pick(words).repeat(1 + r.below(60))],
    [1, () => r.pick(words).repeat(1000 + r.below(3000))],
    [1, () => "+"],
    [1, () => "@"],
  ]);
}

/** Elements joined by commas, with blanks where they do and do not belong. */
export function list(r: Random, element: () => string, most = 4): string {
  const items = r.many(1, r.chance(0.7) ? 1 : most, element);
  const comma = (): string =>
    r.weighted([
      [80, () => ","],
      [12, () => ", "],
      [3, () => " ,"],
      [3, () => ",,"],
      [2, () => " , "],
    ]);
  return items.map((item, at) => (at === 0 ? item : comma() + item)).join("");
}

export function blanks(r: Random): string {
  return r.weighted([
    [60, () => " "],
    [20, () => "\t"],
    [15, () => " ".repeat(1 + r.below(5))],
    [2, () => " \r "],
    [1, () => "\v"],
    [1, () => "\u00a0"],
  ]);
}

export function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** A line with something broken or odd put into it, or taken out of it. */
export function mutate(r: Random, line: string): string {
  const at = r.below(line.length + 1);
  return r.weighted<string>([
    [6, () => line.slice(0, at) + r.pick(oddBytes) + line.slice(at)],
    [2, () => line.slice(0, at) + line.slice(at + 1 + r.below(6))],
    [1, () => `${line.slice(0, at)}\0${line.slice(at)}`],
    [2, () => `${line}${r.pick(["\\", "\\\\", " \\", "\\ ", "\r", "\r\r", "\\\r"])}`],
    [1, () => `${line} # ${line}${r.pick(["", "\\"])}`],
    [1, () => `${line.slice(0, at)}\\\n${line.slice(at)}`],
    [1, () => line.slice(0, at)],
    [1, () => `,${line},`],
    [1, () => `${line} ${nameToken(r)}`],
  ]);
}

function oddName(r: Random): string {
  return r.many(1, 5, () => (r.chance(0.5) ? r.pick(words) : r.pick(oddBytes))).join("");
}
