import { diagnostic, maskText, placeOf, utf8Text } from "@sallyport/policy";
import type { Bytes, Line, Place, Problem, Span } from "@sallyport/policy";
import { fileFindingKinds } from "./kinds/index.ts";
import type { FileFindingId, FindingSeverity } from "./kinds/index.ts";

/** Characters to put in the place of others: what the file means stays the same. */
export interface Fix {
  readonly place: Place;
  readonly text: string;
}

/** Something to say about a place in one of the two files, in text for people. No secret is in it. */
export interface FileFinding {
  readonly id: FileFindingId;
  readonly severity: FindingSeverity;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly place: Place;
  /** The line and, under it, the caret; null: the line is too long to show. */
  readonly excerpt: readonly [string, string] | null;
  /** Null: none is safe. */
  readonly fix: Fix | null;
  /** The lines because of which this one is of no use. */
  readonly coveredBy: readonly Place[];
}

/** Of a longer line no excerpt is shown: nobody finds the caret under it. */
const longestExcerpt = 4096;

/** What is said besides the message. */
export interface Particulars {
  readonly hint?: Bytes;
  /** What is to stand in the place of the span. */
  readonly fix?: Bytes | null;
  /** Where to put it, if not in the place of the span. */
  readonly fixSpan?: Span;
  readonly coveredBy?: readonly Span[];
}

/** Something about these characters; the message and the hint may quote names, which are bytes. */
export function findingOf(
  id: FileFindingId,
  span: Span,
  message: Bytes,
  { hint, fix = null, fixSpan = span, coveredBy = [] }: Particulars = {},
): FileFinding {
  const shownSpan = besideSecrets(span);
  const problem: Problem = {
    severity: "warning",
    text: message,
    sqlstate: "F0000",
    span: span.line.text.length > longestExcerpt ? null : shownSpan,
    context: [],
  };
  const shown = diagnostic(hint === undefined ? problem : { ...problem, hint });
  const place = placeOf(shownSpan);
  return {
    id,
    severity: fileFindingKinds[id].severity,
    message: shown.message,
    detail: null,
    hint: shown.hint,
    place,
    excerpt: shown.excerpt,
    fix: fix === null || besideSecrets(fixSpan) !== fixSpan ? null : fixOf(fixSpan, fix),
    coveredBy: coveredBy.map((one) => placeOf(besideSecrets(one))),
  };
}

function fixOf(span: Span, text: Bytes): Fix {
  return { place: placeOf(span), text: utf8Text(text) };
}

/** Where a secret ends is not told: what is behind the name of its option is shown as if it were that name. */
function besideSecrets(span: Span): Span {
  const { line, start, end } = span;
  const secret = secretIn(line);
  return end <= secret ? span : { line, start: Math.min(start, Math.max(secret - 1, 0)), end: secret };
}

const secrets = new WeakMap<Line, number>();

/** Where the name of the first secret option ends; Infinity: there is none. */
function secretIn(line: Line): number {
  const known = secrets.get(line);
  if (known !== undefined) return known;
  const masked = maskText(line.text);
  const secret = masked === line.text ? Infinity : masked.length - "=***".length;
  secrets.set(line, secret);
  return secret;
}
