import type { Bytes, Problem, Span } from "@sallyport/policy";

/** What is wrong with a case, and what is expected there. */
export interface CaseMistake {
  readonly kind: "mistake";
  readonly span: Span;
  readonly text: Bytes;
  readonly hint: Bytes | null;
}

export function mistake(span: Span, text: Bytes, hint: Bytes | null = null): CaseMistake {
  return { kind: "mistake", span, text, hint };
}

export function isMistake(value: object): value is CaseMistake {
  return "kind" in value && value.kind === "mistake";
}

/** A mistake as the mistakes of all files are shown. */
export function problemOf({ span, text, hint }: CaseMistake): Problem {
  const base = { severity: "error", text, sqlstate: "F0000", span, context: [span.line] } as const;
  return hint === null ? base : { ...base, hint };
}
