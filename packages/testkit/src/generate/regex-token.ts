import { compileRegex, utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type { Random } from "./random.ts";
import { regexPattern } from "./regex.ts";
import { quote } from "./tokens.ts";
import { oneOf, written } from "./word.ts";

/** A token that is a regular expression which compiles; most match some of the names, few all of them. */
export function regexToken(r: Random, names: readonly string[]): string {
  return regexOf(r, () =>
    r.weighted<Bytes>([
      [8, () => aboutName(r, utf8Bytes(oneOf(r, names)))],
      [2, () => `^(${escaped(oneOf(r, names))}|${escaped(oneOf(r, names))})$`],
      [
        2,
        () => r.pick(["^[a-d].*", "^[^a-m]", "^.{3,4}$", String.raw`\W`, "[[:upper:]]", String.raw`(.)\1`]),
      ],
      [
        1,
        () => r.pick(["^.*nomatch", "a^", "(?=b)(?!bob)", String.raw`\mst`, "[\xc3-\xff]", "(?x) ^ b # b"]),
      ],
      [0.3, () => r.pick(["", "^", "(?i)^BOB|ALL", "()"])],
      [1, () => regexPattern(r)],
    ]),
  );
}

/** One with a group, for the system user of a map: what the first matched stands for `\1`. */
export function groupingToken(r: Random, names: readonly string[]): string {
  return regexOf(r, () => {
    const name = utf8Bytes(oneOf(r, names));
    const [from, to] = [r.below(name.length + 1), r.below(name.length + 1)].toSorted((a, b) => a - b);
    const [head, middle, tail] = [name.slice(0, from), name.slice(from, to), name.slice(to)].map(
      escapedBytes,
    );
    return r.weighted<Bytes>([
      [4, () => r.pick(["^(.*)$", "(.*)", "^(.+)$", "^(.)", "(..)$", "^(.*?)(.)$", "(.)(.*)"])],
      [4, () => `^${head}(${r.pick([middle, ".*", ".*?", ".+", `${middle}|.`])})${tail}$`],
      [2, () => `^${head}(${middle})?${r.pick(["", "?", "*"])}(${r.pick([middle, ".*"])})`],
      [1, () => `(${middle}|${head})*${tail}`],
      [1, () => r.pick(["^(?:.*)$", "^(x)?", "(?=(.))r", "((.)|(..))*", "^(a|ab|b|bi)(.*)$"])],
      [1, () => regexPattern(r)],
    ]);
  });
}

/**
 * One of any kind, right or wrong: bare, where a comma or a blank in it ends it, or quoted. Of what is no character of
 * a line a name cannot have any either.
 */
export function anyRegexToken(r: Random): string {
  const made = r.chance(0.25) ? r.pick(patterns) : regexPattern(r);
  const text = `/${made.replaceAll(/[\0\n]/g, "")}`;
  return r.chance(0.5) ? text : quote(text);
}

/** What regular expressions of such files are, and what they are when something is wrong with them. */
const patterns = [
  "",
  "^(.*)@example\\.com$",
  "^db_[0-9]{1,3}$",
  "^a|b",
  "^.{1,2}$",
  "(?i)^shop",
  "a#b",
  "a, b",
  "[z-a]",
  "[[:nosuch:]]",
  "[[.nosuch.]]",
  "(?b)\\(a\\)\\{1",
  "a{2,1}",
  "a{1",
  "(?z)a",
  "***?",
] as const;

function regexOf(r: Random, make: () => Bytes): string {
  for (;;) {
    const pattern = make();
    if (!pattern.includes("\n") && !("error" in compileRegex(pattern))) return written(r, `/${pattern}`);
  }
}

/** A part of a name, or all of it, so that it is still found; or not, if something else comes of it. */
function aboutName(r: Random, name: Bytes): Bytes {
  const at = r.below(name.length + 1);
  const one = r.pick([".", "[^a]", String.raw`\w`, "[[:alpha:]]", "x", "(?:)"]);
  return r.pick([
    `^${escapedBytes(name)}$`,
    `^${escapedBytes(name.slice(0, 1 + r.below(3)))}`,
    `${escapedBytes(name.slice(at))}$`,
    escapedBytes(name.slice(at, at + 3)) || "^$",
    `^${escapedBytes(name.slice(0, at))}${one}${escapedBytes(name.slice(at + 1))}$`,
    `^${escapedBytes(name.slice(0, at))}.*`,
    `(?i)^${escapedBytes(name.toUpperCase())}$`,
    `***=${name.slice(at)}`,
  ]);
}

function escaped(name: string): Bytes {
  return escapedBytes(utf8Bytes(name));
}

function escapedBytes(name: Bytes): Bytes {
  return name.replaceAll(/[^\w\x80-\xff]/g, String.raw`\$&`);
}
