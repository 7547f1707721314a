import { diagnostic, utf8Text } from "@sallyport/policy";
import type { Diagnostic, Problem, Span } from "@sallyport/policy";
import { mayHoldSecret } from "./secrets.ts";
import type { ValueError } from "./setting.ts";

/** What a person is shown of a problem of the configuration. A line that may hold a secret is not shown. */
export interface ConfigDiagnostic extends Diagnostic {
  readonly detail: string | null;
}

export function problemDiagnostic(problem: Problem): ConfigDiagnostic {
  const shown = diagnostic(problem);
  const hidden = problem.span !== null && mayHoldSecret(problem.span.line.text);
  return { ...shown, detail: null, excerpt: hidden ? null : shown.excerpt };
}

/** A refused setting. Without a span it was given on the command line, or not at all. */
export function settingDiagnostic(
  { message, detail, hint }: ValueError,
  sqlstate: string,
  span: Span | null,
): ConfigDiagnostic {
  const problem: Problem = {
    severity: "error",
    text: message,
    sqlstate,
    span,
    context: span ? [span.line] : [],
  };
  const shown = problemDiagnostic(hint === undefined ? problem : { ...problem, hint });
  return detail === undefined ? shown : { ...shown, detail: utf8Text(detail) };
}
