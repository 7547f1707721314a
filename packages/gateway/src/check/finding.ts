import { utf8Text } from "@sallyport/policy";
import type { Bytes, Diagnostic, Place } from "@sallyport/policy";
import { reasonOf } from "../log/index.ts";
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

/** An error of another room, whose words are bytes. */
export function textOf(error: unknown): string {
  return utf8Text(reasonOf(error));
}

export function quoted(name: Bytes): string {
  return `"${utf8Text(name)}"`;
}
