import { inPassing } from "@sallyport/policy";
import type {
  Bytes,
  Disk,
  HbaRule,
  InterfaceAddress,
  Mapping,
  Reading,
  RoleCatalogue,
  Span,
} from "@sallyport/policy";
import type { Particulars } from "./finding.ts";
import type { FileFindingId } from "./kinds/index.ts";

/** Poolers whose reading of a `pg_hba.conf` differs from PostgreSQL's. */
export type Pooler = "pgbouncer" | "pgpool";

/** What is known besides the two files. */
export interface ReviewContext {
  /** What the files were read from; null: not known, and what only it can tell is not looked for. */
  readonly disk: Disk | null;
  /** Null: not known. */
  readonly catalogue: RoleCatalogue | null;
  /** The server's addresses, for `samehost` and `samenet`; null: not known. */
  readonly interfaces: readonly InterfaceAddress[] | null;
  /** Those that are to read the file, too. */
  readonly poolers: ReadonlySet<Pooler>;
}

/** Takes what is found about these characters; see `findingOf`. */
export type Say = (id: FileFindingId, span: Span, message: Bytes, more?: Particulars) => void;

/** One who looks for something in the two files. Large files are walked in passing, and not by their places. */
export type FindingSource = (reading: Reading, say: Say, context: ReviewContext) => void;

/** One who needs to see no more than one rule at a time. */
export type RuleFinder = (rule: HbaRule, say: Say, reading: Reading, context: ReviewContext) => void;

/** The same of a line of `pg_ident.conf`. */
export type MappingFinder = (mapping: Mapping, say: Say, reading: Reading, context: ReviewContext) => void;

/** Shows each rule to all of these, in one walk: a rule of a large file is made when it is looked at. */
export function eachRule(finders: readonly RuleFinder[]): FindingSource {
  return (reading, say, context) => {
    for (const rule of inPassing(reading.hba.rules)) {
      for (const find of finders) find(rule, say, reading, context);
    }
  };
}

export function eachMapping(finders: readonly MappingFinder[]): FindingSource {
  return (reading, say, context) => {
    for (const mapping of reading.ident?.mappings ?? []) {
      for (const find of finders) find(mapping, say, reading, context);
    }
  };
}
