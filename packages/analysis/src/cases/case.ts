import type { Attempt, Bytes, HostnameFact, Method, Outcome, Place, Span } from "@sallyport/policy";

/** What somebody tries, and what must become of it: one line of a file of cases. */
export interface Case {
  readonly attempt: Attempt;
  /** Absent: unknown. */
  readonly hostname?: HostnameFact;
  readonly expect: Expectation;
  /** Where it stands, from its first word to its last. */
  readonly place: Place;
  readonly marks: Marks;
}

/** What must become of an attempt. */
export interface Expectation {
  readonly outcome: Outcome;
  /** Of an `authenticate`; null: any method. */
  readonly method: Method | null;
  readonly options: readonly AskedOption[];
  /** Null: any line. */
  readonly by: LineName | null;
}

/** An option as `pg_hba_file_rules` shows it. */
export interface AskedOption {
  readonly name: Bytes;
  /** Empty: the rule must not have it. */
  readonly value: Bytes;
}

/** A line of `pg_hba.conf` as people call it. */
export interface LineName {
  /** A name, a path, or the end of one. */
  readonly file: Bytes;
  readonly line: number;
}

/** The words of an expectation, for carets; of a case in JSON always the whole line. */
export interface Marks {
  readonly whole: Span;
  readonly outcome: Span;
  /** In the order of the options. */
  readonly options: readonly Span[];
  readonly by: Span | null;
}
