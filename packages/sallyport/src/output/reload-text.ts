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

/** What became of the three files and of TLS, a line each, and of the settings that changed. */
export function reloadText({ settings, hba, ident, tls, policy_sha256 }: ReloadAnswer): string[] {
  const rows: [string, string][] = [settings, hba, ident].map(({ file_name, verdict }) => [
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
export function reloadDiagnostics({ settings, hba, ident, tls }: ReloadAnswer): string[] {
  const { message, detail, hint } = tls;
  const ofTls =
    message === null
      ? []
      : [diagnosticText({ severity: "error", message, detail, hint, place: null, excerpt: null })];
  return [...[settings, hba, ident].flatMap(fileDiagnostics), ...ofTls];
}

/** The same of one file. */
export function fileDiagnostics(file: ReloadAnswer["settings" | "hba" | "ident"]): string[] {
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
