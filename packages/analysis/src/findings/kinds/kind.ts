/** `error`: the gate does not start, or nobody comes in. `warning`: it runs, and something is wrong. `info`: good to know. */
export type FindingSeverity = "error" | "warning" | "info";

/** What there is to say of all findings with one id, in Markdown. */
export interface FindingKind {
  readonly severity: FindingSeverity;
  readonly what: string;
  readonly toDo: string;
  /** What others ask for, who have a say in it. */
  readonly references?: readonly string[];
}
