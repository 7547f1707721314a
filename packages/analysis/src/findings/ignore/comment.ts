import { tokenize } from "@sallyport/policy";
import type { Bytes, Dialect, Disk, Line, Span } from "@sallyport/policy";
import { filesWith } from "../text/lines-with.ts";
import { structureOf } from "../text/structure.ts";

/** A comment that asks for findings not to be told. */
export interface IgnoreComment {
  readonly span: Span;
  readonly file: Bytes;
  /** Numbers of the physical lines that it is about; null: of all of the file. */
  readonly lines: { readonly first: number; readonly last: number } | null;
  readonly ids: readonly string[];
  readonly reason: Bytes;
}

/** One that cannot be understood, and why. */
export interface RefusedComment {
  readonly span: Span;
  readonly why: string;
}

export interface Comments {
  readonly ignores: readonly IgnoreComment[];
  readonly refused: readonly RefusedComment[];
}

/** Of all that the comments begin with that are for Sallyport. */
const mark = "sallyport:";

/**
 * The comments for Sallyport in all files that were read:
 *
 *     host all all 10.0.0.0/8 trust  # sallyport: ignore trust-remote -- build hosts only
 *     # sallyport: ignore md5-remote, host-bits -- for the line below
 *     # sallyport: ignore-file one-family -- there is no IPv6 here
 *
 * One that stands alone is about the next line with a record, whatever comments stand between them.
 */
export function readComments(disk: Disk, dialect: Dialect): Comments {
  const ignores: IgnoreComment[] = [];
  const refused: RefusedComment[] = [];
  for (const { file, lines: all } of filesWith(mark, disk, dialect)) {
    /** Those that wait for their line. */
    let waiting: Omit<IgnoreComment, "lines">[] = [];
    for (const line of all) {
      const comment = commentOf(line);
      const isRecord = tokenize(line, dialect).fields.length > 0;
      const lines = { first: line.number, last: line.number + line.joins.length };
      if (isRecord) {
        ignores.push(...waiting.map((one) => ({ ...one, lines })));
        waiting = [];
      }
      if (comment === null) continue;
      const read = parseComment(comment.text);
      if ("why" in read) refused.push({ span: comment.span, why: read.why });
      else {
        const { ids, reason } = read;
        const found = { span: comment.span, file, ids, reason };
        if (read.scope === "file") ignores.push({ ...found, lines: null });
        else if (isRecord) ignores.push({ ...found, lines });
        else waiting.push(found);
      }
    }
    refused.push(...waiting.map(({ span }) => ({ span, why: "no line follows it" })));
  }
  return { ignores, refused };
}

function commentOf(line: Line): { readonly text: Bytes; readonly span: Span } | null {
  if (!line.text.includes(mark)) return null;
  const { comment } = structureOf(line.text);
  const text = line.text.slice(comment + 1).trim();
  if (comment === line.text.length || !text.startsWith(mark)) return null;
  const end = line.text.trimEnd().length;
  return { text: text.slice(mark.length).trim(), span: { line, start: comment, end } };
}

type Parsed =
  | { readonly scope: "line" | "file"; readonly ids: readonly string[]; readonly reason: Bytes }
  | { readonly why: string };

function parseComment(text: Bytes): Parsed {
  const [, word = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  if (word !== "ignore" && word !== "ignore-file") {
    return { why: `"${word}" is neither ignore nor ignore-file` };
  }
  const [, list = "", reason = ""] = /^(.*?)(?:(?:^|\s)--(?:\s+(.*))?)?$/s.exec(rest) ?? [];
  const ids = list.split(/[\s,]+/).filter((id) => id !== "");
  if (ids.length === 0) return { why: "it names no finding" };
  if (reason.trim() === "") return { why: "it gives no reason" };
  return { scope: word === "ignore" ? "line" : "file", ids, reason: reason.trim() };
}
