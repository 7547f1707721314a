/** The names of characters in `[.name.]` and `[=name=]`: those of POSIX's portable character set, and ASCII's. */
const names: readonly (readonly [code: number, names: string])[] = [
  [0x00, "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI"],
  [0x10, "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC IS4 IS3 IS2 IS1"],
  [0x07, "alert backspace tab newline vertical-tab form-feed carriage-return"],
  [0x1c, "FS GS RS US"],
  [0x20, "space exclamation-mark quotation-mark number-sign dollar-sign percent-sign ampersand apostrophe"],
  [0x28, "left-parenthesis right-parenthesis asterisk plus-sign comma hyphen period slash"],
  [0x2d, "hyphen-minus full-stop solidus"],
  [0x30, "zero one two three four five six seven eight nine"],
  [0x3a, "colon semicolon less-than-sign equals-sign greater-than-sign question-mark commercial-at"],
  [0x5b, "left-square-bracket backslash right-square-bracket circumflex underscore grave-accent"],
  [0x5c, "reverse-solidus"],
  [0x5e, "circumflex-accent low-line"],
  [0x7b, "left-brace vertical-line right-brace tilde DEL"],
  [0x7b, "left-curly-bracket"],
  [0x7d, "right-curly-bracket"],
];

const codes: ReadonlyMap<string, number> = new Map(
  names.flatMap(([first, list]) => list.split(" ").map((name, at) => [name, first + at] as const)),
);

/** The character with this name, or that is this; undefined: there is none. */
export function collatingElement(name: string): number | undefined {
  return name.length === 1 ? name.charCodeAt(0) : codes.get(name);
}
