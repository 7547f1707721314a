import type { DiagnosticJson, ReloadAnswer } from "@sallyport/gateway";
import { utf8Bytes } from "@sallyport/policy";
import { diagnosticText } from "./diagnostics.ts";
import { printable } from "./printable.ts";
import { alignedText } from "./table.ts";

const meanings = {
  loaded: "loaded",
  unchanged: "unchanged",
  refused: "refused; what counted before counts on",
} as const;

type ReloadedFile = ReloadAnswer["settings" | "hba" | "ident"] | NonNullable<ReloadAnswer["auth_file"]>;

/** Everything that was read. */
export function reloadedFiles({ settings, hba, ident, auth_file }: ReloadAnswer): readonly ReloadedFile[] {
  return [settings, hba, ident, ...(auth_file ? [auth_file] : [])];
}

/** What became of the files and of TLS, a line each, and of the settings that changed. */
export function reloadText(answer: ReloadAnswer): string[] {
  const { settings, tls, policy_sha256 } = answer;
  const rows: [string, string][] = reloadedFiles(answer).map(({ file_name, verdict }) => [
    printable(file_name),
    meanings[verdict],
  ]);
  if (tls.verdict !== "off") rows.push(["TLS", meanings[tls.verdict]]);
  return [
    ...alignedText([...rows, ["policy sha256", policy_sha256]]),
    ...settings.changed.map(({ name, value, removed }) =>
      removed ? `${name} was removed and has its default again` : `${name} is now ${printable(value)}`,
    ),
    ...settings.need_restart.map(({ name }) => `${name} has changed, and counts from the next start on`),
  ];
}

/** What is wrong with the files and with TLS, as the other commands say it. */
export function reloadDiagnostics(answer: ReloadAnswer): string[] {
  const { message, detail, hint } = answer.tls;
  const ofTls =
    message === null
      ? []
      : [diagnosticText({ severity: "error", message, detail, hint, place: null, excerpt: null })];
  return [...reloadedFiles(answer).flatMap(fileDiagnostics), ...ofTls];
}

/** The same of one file. */
export function fileDiagnostics(file: ReloadedFile): string[] {
  const { file_name, diagnostics, diagnostics_left_out: left } = file;
  const texts = diagnostics.map(oneDiagnostic);
  return left > 0 ? texts.concat(`${printable(file_name)}: ${left} more are in the log`) : texts;
}

function oneDiagnostic({ place, excerpt, ...rest }: DiagnosticJson): string {
  const where = place && {
    fileName: utf8Bytes(place.file_name),
    lineNumber: place.line_number,
    column: place.column,
    endColumn: place.end_column,
  };
  return diagnosticText({ ...rest, place: where, excerpt });
}
