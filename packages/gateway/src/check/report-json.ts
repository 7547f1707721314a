import { placeJson, utf8Text } from "@sallyport/policy";
import type { PlaceJson } from "@sallyport/policy";
import type { CheckReport } from "./check-gate.ts";
import type { Finding } from "./finding.ts";
import type { FindingId, FindingSeverity } from "./finding-kinds.ts";

/** How many findings there are of a severity. */
export function countOf(findings: readonly Finding[], severity: FindingSeverity): number {
  return findings.filter((each) => each.severity === severity).length;
}

interface FindingJson {
  readonly id: FindingId;
  readonly severity: FindingSeverity;
  readonly place: PlaceJson | null;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** A rewritten line: none of these findings has one. */
  readonly fix: null;
  /** Rules that stand in the way of this one: none of these findings has any. */
  readonly covered_by: readonly PlaceJson[];
  /** Pages about it, outside of this project: none of these findings has any. */
  readonly references: readonly string[];
}

/** What `check --format json` prints. */
export interface CheckJson {
  readonly findings: readonly FindingJson[];
  readonly summary: {
    readonly errors: number;
    readonly warnings: number;
    readonly infos: number;
    readonly files: readonly {
      readonly file_name: string;
      readonly kind: "settings" | "hba" | "ident";
      readonly entries: number | null;
    }[];
    readonly not_checked: readonly string[];
  };
}

export function checkJson({ findings, files, notChecked }: CheckReport): CheckJson {
  return {
    findings: findings.map(findingJson),
    summary: {
      errors: countOf(findings, "error"),
      warnings: countOf(findings, "warning"),
      infos: countOf(findings, "info"),
      files: files.map(({ fileName, kind, entries }) => ({
        file_name: utf8Text(fileName),
        kind,
        entries,
      })),
      not_checked: notChecked,
    },
  };
}

function findingJson({ id, severity, place, message, detail, hint }: Finding): FindingJson {
  return {
    id,
    severity,
    place: place && placeJson(place),
    message,
    detail,
    hint,
    fix: null,
    covered_by: [],
    references: [],
  };
}
