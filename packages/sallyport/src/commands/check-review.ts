import { fileFindingKinds, reviewReport } from "@sallyport/analysis";
import type { FoundBefore, Pooler, Report, ReportKinds } from "@sallyport/analysis";
import { findingKinds } from "@sallyport/gateway/findings";
import type { Disk, InterfaceAddress, Reading, RoleCatalogue } from "@sallyport/policy";

/** All that `check` may find: the gateway's kinds, then those of the files by themselves. */
export const checkKinds: ReportKinds = { ...findingKinds, ...fileFindingKinds };

/** What is known besides the files. */
export interface KnownToCheck {
  readonly catalogue: RoleCatalogue | null;
  /** The server's addresses; null: not known. */
  readonly interfaces: readonly InterfaceAddress[] | null;
  readonly poolers: ReadonlySet<Pooler>;
}

/** Of the gateway's findings those that are looked for where there are only files. */
export const fileFindingsBefore: ReadonlySet<string> = new Set([
  "hba-warning",
  "include-skipped",
  "include-unreadable",
  "ident-refused",
]);

/** Adds what can be said of the files by themselves. */
export function reviewed(
  before: FoundBefore,
  read: { readonly reading: Reading; readonly disk: Disk },
  known: KnownToCheck & { readonly wasLookedFor: (id: string) => boolean },
): Report {
  return reviewReport(before, { ...read, ...known, kinds: checkKinds });
}
