import type { Bytes } from "@sallyport/policy";

/** What stands between two newlines, and how it ends. */
export interface PhysicalLine {
  /** From 1, as messages of the server count. */
  readonly number: number;
  readonly body: Bytes;
  /** Any number of CR, then LF: the server takes all of them off. The last line of a file may have none. */
  readonly end: Bytes;
}

/** Cuts a file at its newlines. Joined again, bodies and ends are the file. */
export function physicalLines(bytes: Bytes): PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf("\n", at);
    const next = newline < 0 ? bytes.length : newline + 1;
    let bodyEnd = newline < 0 ? next : newline;
    while (bodyEnd > at && bytes[bodyEnd - 1] === "\r") bodyEnd -= 1;
    lines.push({ number: lines.length + 1, body: bytes.slice(at, bodyEnd), end: bytes.slice(bodyEnd, next) });
    at = next;
  }
  return lines;
}

/** From PostgreSQL 14 on the next physical line belongs to this one. */
export function continues({ body }: PhysicalLine): boolean {
  return body.endsWith("\\");
}

/** Without blanks at its end. A backslash that they keep from joining the next line keeps them. */
export function trimmedEnd(text: Bytes): Bytes {
  const trimmed = text.replace(/[ \t]+$/, "");
  return trimmed.endsWith("\\") ? text : trimmed;
}
