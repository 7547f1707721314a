import type { Disk, Reading } from "@sallyport/policy";
import { inLineOrder, isReviewedFor, reviewFiles, siftFindings } from "../findings/index.ts";
import { fileFindingKinds } from "../findings/index.ts";
import type { FileFindingId, ReviewContext } from "../findings/index.ts";
import type { Report, ReportedFinding, ReportKinds } from "./report.ts";

/** What others have found. */
export type FoundBefore = Pick<Report, "findings" | "files" | "notChecked">;

export interface ReviewReportOptions extends Omit<ReviewContext, "disk"> {
  readonly reading: Reading;
  readonly disk: Disk;
  /** Of those who looked before, too. */
  readonly kinds: ReportKinds;
  /** Have they looked for it? */
  readonly wasLookedFor: (id: string) => boolean;
}

/**
 * Adds to what was found what can be said of the two files by themselves, leaves out what comments in them ignore, and puts all that
 * is about a line in the order of the lines: behind what is about other files, before what is about no line.
 */
export function reviewReport(before: FoundBefore, options: ReviewReportOptions): Report {
  const { reading, disk, kinds, wasLookedFor } = options;
  const { findings: reviewed, untold } = reviewFiles(reading, options);
  const { findings, ignored } = siftFindings<ReportedFinding>([...before.findings, ...reviewed], {
    disk,
    dialect: reading.hba.profile.dialect,
    mainFile: reading.hba.fileName,
    kinds,
    isLookedFor: (id) => (isFileFinding(id) ? isReviewedFor(id, options) : wasLookedFor(id)),
  });
  const ofLines = ({ place }: ReportedFinding): boolean => place !== null && disk.files.has(place.fileName);
  const rest = findings.filter((finding) => !ofLines(finding));
  const firstOfGate = rest.findIndex(({ place }) => place === null);
  const head = firstOfGate < 0 ? rest.length : firstOfGate;
  return {
    findings: [
      ...rest.slice(0, head),
      ...inLineOrder(findings.filter(ofLines), reading),
      ...rest.slice(head),
    ],
    ignored,
    files: before.files,
    notChecked: before.notChecked,
    notTold: [...untold].map(([id, count]) => `${count} more of ${id}`),
  };
}

function isFileFinding(id: string): id is FileFindingId {
  return Object.hasOwn(fileFindingKinds, id);
}
