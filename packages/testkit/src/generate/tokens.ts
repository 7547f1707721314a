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
    [3, () => quote(r.pick(keywords))],
    [2, () => spelled(r, r.pick(keywords))],
    [1, () => quote(`+${r.pick(words)}`)],
    [8, () => `+${r.pick(words)}`],
    [12, () => quote(r.pick(words))],
    [6, () => quote(oddName(r))],
    [4, () => oddName(r)],
    [3, () => `${r.pick(words)}${quote(r.pick(words))}`],
    [3, () => `+${quote(r.pick(words))}`],
    [2, () => '""'],
    [2, () => r.pick(words).repeat(1 + r.below(60))],
    [1, () => r.pick(words).repeat(1000 + r.below(3000))],
    [0.1, () => "token".repeat(2_050 + r.below(2_500))],
    [0.3, () => '""""'],
    [0.5, () => quote(r.pick(words) + r.pick([" ", ",", "#", ", ", "@", '"', "\t"]) + r.pick(words))],
    [0.5, () => quote(`@${r.pick(["list", "missing", ""])}`)],
    [1, () => "+"],
    [1, () => "@"],
  ]);
}

const keywords = ["all", "sameuser", "samerole", "samegroup", "replication"] as const;

/** A word with quotes in it that change nothing of its letters, and only in front something of its meaning. */
function spelled(r: Random, word: string): string {
  const at = 1 + r.below(word.length - 1);
  const [head, tail] = [word.slice(0, at), word.slice(at)];
  return r.pick([
    `${head}"${tail}"`,
    `"${head}"${tail}`,
    `""${word}`,
    `${word}""`,
    `${head}"${tail.slice(0, 1)}"${tail.slice(1)}`,
    word.toUpperCase(),
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
    [0.5, () => "\r"],
    [1, () => " \\\n  "],
    [0.5, () => " \\\n\\\n\t"],
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
  const [head, tail] = [line.slice(0, at), line.slice(at)];
  return r.weighted<string>([
    [6, () => head + r.pick(oddBytes) + tail],
    [2, () => head + line.slice(at + 1 + r.below(6))],
    [1, () => `${head}${r.pick(["\0", "\0", "\\\0", "#\0"])}${tail}`],
    [0.3, () => `${line}\0`],
    [0.3, () => `${line} ${"x".repeat(900 + r.below(300))}\0${r.pick(["", "\\"])}${tail}`],
    [0.6, () => `${head}\0${"x".repeat(900 + r.below(1_500))} ${tail}`],
    [0.3, () => `${line} # ${"x".repeat(9_000 * (1 + r.below(4)))}`],
    [2, () => `${line}${r.pick(["\\", "\\\\", " \\", "\\ ", "\r", "\r\r", "\\\r", "\\\n\\"])}`],
    [1, () => `${line} # ${line}${r.pick(["", "\\"])}`],
    [1, () => `${line}#${line}`],
    [2, () => `${head}\\\n${tail}`],
    [0.5, () => `${head}\\\n\\\n${tail}`],
    [1, () => head],
    [1, () => `,${line},`],
    [1, () => `${line}${r.pick([",", " ,", ", ", ",,", ",#"])}`],
    [1, () => `${line} ${nameToken(r)}`],
  ]);
}

function oddName(r: Random): string {
  return r.many(1, 5, () => (r.chance(0.5) ? r.pick(words) : r.pick(oddBytes))).join("");
}
