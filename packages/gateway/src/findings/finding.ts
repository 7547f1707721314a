import { diagnostic, utf8Text } from "@sallyport/policy";
import type { Bytes, Diagnostic, Place, Problem, Span } from "@sallyport/policy";
import { reasonOf } from "../log/reason-of.ts";
import { findingKinds } from "./finding-kinds.ts";
import type { FindingId, FindingSeverity } from "./finding-kinds.ts";

/** Something that a check has to say, in text for people. No secret is in it. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: FindingSeverity;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** Null: it stands on no line of a file. */
  readonly place: Place | null;
  /** The line and, under it, the caret; null: there is none, or it may hold a secret. */
  readonly excerpt: readonly [string, string] | null;
}

interface Particulars {
  readonly detail?: string | null | undefined;
  readonly hint?: string | null | undefined;
  readonly place?: Place | null | undefined;
}

export function finding(id: FindingId, message: string, more: Particulars = {}): Finding {
  const { detail = null, hint = null, place = null } = more;
  return { id, severity: findingKinds[id].severity, message, detail, hint, place, excerpt: null };
}

/** Of something that was said about a file. */
export function findingOf(
  id: FindingId,
  { message, detail = null, hint, place, excerpt }: Diagnostic & { readonly detail?: string | null },
): Finding {
  return { ...finding(id, message, { detail, hint, place }), excerpt };
}

/** A finding about a place in a file that was read without a problem. */
export function findingAt(id: FindingId, span: Span, text: Bytes, hint?: Bytes): Finding {
  const problem: Problem = { severity: "warning", text, sqlstate: "F0000", span, context: [span.line] };
  return findingOf(id, diagnostic(hint === undefined ? problem : { ...problem, hint }));
}

/** An error of another room, whose words are bytes. */
export function textOf(error: unknown): string {
  return utf8Text(reasonOf(error));
}

export function quoted(name: Bytes): string {
  return `"${utf8Text(name)}"`;
}
