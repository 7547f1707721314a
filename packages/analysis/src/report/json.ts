import { placeJson, utf8Text } from "@sallyport/policy";
import type { PlaceJson } from "@sallyport/policy";
import type { FindingSeverity } from "../findings/kinds/index.ts";
import { countOf } from "./report.ts";
import type { Report, ReportedFinding, ReportKinds } from "./report.ts";

interface FindingJson {
  readonly id: string;
  readonly severity: FindingSeverity;
  readonly place: PlaceJson | null;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** What to put in the place of these characters; the file means the same then. */
  readonly fix: { readonly place: PlaceJson; readonly text: string } | null;
  /** Lines that stand in the way of this one. */
  readonly covered_by: readonly PlaceJson[];
  /** What others ask for. */
  readonly references: readonly string[];
}

/** What `check --format json` prints. */
export interface ReportJson {
  readonly findings: readonly FindingJson[];
  readonly ignored: readonly (FindingJson & { readonly reason: string })[];
  readonly summary: {
    readonly errors: number;
    readonly warnings: number;
    readonly infos: number;
    readonly ignored: number;
    readonly files: readonly {
      readonly file_name: string;
      readonly kind: "settings" | "hba" | "ident";
      readonly entries: number | null;
    }[];
    readonly not_checked: readonly string[];
    readonly not_told: readonly string[];
  };
}

export function reportJson(report: Report, kinds: ReportKinds): ReportJson {
  const { findings, ignored, files, notChecked, notTold } = report;
  return {
    findings: findings.map((finding) => findingJson(finding, kinds)),
    ignored: ignored.map(({ finding, reason }) => ({ ...findingJson(finding, kinds), reason })),
    summary: {
      errors: countOf(findings, "error"),
      warnings: countOf(findings, "warning"),
      infos: countOf(findings, "info"),
      ignored: ignored.length,
      files: files.map(({ fileName, kind, entries }) => ({ file_name: utf8Text(fileName), kind, entries })),
      not_checked: notChecked,
      not_told: notTold,
    },
  };
}

function findingJson(
  { id, severity, place, message, detail, hint, fix, coveredBy = [] }: ReportedFinding,
  kinds: ReportKinds,
): FindingJson {
  return {
    id,
    severity,
    place: place && placeJson(place),
    message,
    detail,
    hint,
    fix: fix ? { place: placeJson(fix.place), text: fix.text } : null,
    covered_by: coveredBy.map(placeJson),
    references: kinds[id]?.references ?? [],
  };
}
