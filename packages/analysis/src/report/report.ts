import type { Bytes, Place } from "@sallyport/policy";
import type { Fix } from "../findings/finding.ts";
import type { FindingKind, FindingSeverity } from "../findings/kinds/index.ts";

/** Something that was found, by whomever. All is text for people, and no secret is in it. */
export interface ReportedFinding {
  readonly id: string;
  readonly severity: FindingSeverity;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** Null: it stands on no line of a file. */
  readonly place: Place | null;
  /** The line and, under it, the caret; null: there is none, or it may hold a secret. */
  readonly excerpt: readonly [string, string] | null;
  readonly fix?: Fix | null;
  readonly coveredBy?: readonly Place[];
}

/** A file that was read, and how many rules or maps are in it. */
export interface ReportedFile {
  readonly fileName: Bytes;
  readonly kind: "settings" | "hba" | "ident";
  /** Null for settings. */
  readonly entries: number | null;
}

/** What `check` has to say. */
export interface Report {
  readonly findings: readonly ReportedFinding[];
  /** Those that a comment in a file ignores, with its reason. */
  readonly ignored: readonly {
    readonly finding: ReportedFinding;
    readonly reason: string;
    readonly place: Place;
  }[];
  readonly files: readonly ReportedFile[];
  /** What could not be looked at, and why: sentences for people. */
  readonly notChecked: readonly string[];
  /** Of what there is so much that only some of it stands among the findings. */
  readonly notTold: readonly string[];
}

/** What there is to say about each id. */
export type ReportKinds = Readonly<Record<string, FindingKind>>;

/** How many findings there are of a severity. */
export function countOf(findings: readonly ReportedFinding[], severity: FindingSeverity): number {
  return findings.filter((each) => each.severity === severity).length;
}
