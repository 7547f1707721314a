/** What would move the cursor of a terminal, or turn its text around. */
const moving = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Names that come from clients, for a terminal: what would move its cursor, or turn its text around, is spelt out. */
export function printable(text: string): string {
  return text.replace(
    moving,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** The same of a text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** The same of a line with a caret below it: every character keeps its place, and tabs, which stand below them too, stay. */
export function printableInPlace(text: string): string {
  return text.replace(moving, (character) => (character === "\t" ? character : "\ufffd"));
}

/** `2026-11-22 21:34:15 UTC` of an RFC 3339 time. */
export function shownTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

/** `1 session`, `2 sessions`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
