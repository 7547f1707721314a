import { placeJson, utf8Text } from "@sallyport/policy";
import type { Diagnostic } from "@sallyport/policy";
import type { SettingChange } from "../reload/changed-settings.ts";
import type { AuthFileReport } from "../reload/live-auth-file.ts";
import type { FileReport } from "../reload/live-policy.ts";
import type { FullReport, TlsReport } from "../reload/reloader.ts";
import { faultTexts } from "../tls/tls-fault.ts";
import type {
  DiagnosticJson,
  PolicyFileJson,
  ReloadAnswer,
  SettingChangeJson,
  SettingsFileJson,
  TlsJson,
} from "./answers.ts";

/** A file of a million wrong lines is not told line by line. */
const mostDiagnostics = 100;

export function reloadAnswer(report: FullReport): ReloadAnswer {
  const { at, settings, hba, ident, authFile, tls, policySha256 } = report;
  return {
    at: at.toISOString(),
    settings: settingsFile(settings),
    hba: policyFile(hba),
    ident: policyFile(ident),
    auth_file: authFile && secretsFile(authFile),
    tls: tlsJson(tls),
    policy_sha256: policySha256,
  };
}

export function changeJson({ name, value, removed }: SettingChange): SettingChangeJson {
  return { name, value: utf8Text(value), removed };
}

function tlsJson({ verdict, fault }: TlsReport): TlsJson {
  return { verdict, ...(fault ? faultTexts(fault) : { message: null, detail: null, hint: null }) };
}

function settingsFile({ fileName, verdict, diagnostics, changes }: FullReport["settings"]): SettingsFileJson {
  return {
    file_name: utf8Text(fileName),
    verdict,
    changed: changes.filter(({ needsRestart }) => !needsRestart).map(changeJson),
    need_restart: changes.filter(({ needsRestart }) => needsRestart).map(changeJson),
    ...first(diagnostics, ({ detail }) => detail),
  };
}

function policyFile({ fileName, verdict, liveSha256, diagnostics }: FileReport): PolicyFileJson {
  return {
    file_name: utf8Text(fileName),
    verdict,
    sha256: liveSha256,
    ...first(diagnostics, () => null),
  };
}

function secretsFile({ fileName, verdict, message, hint }: AuthFileReport): ReloadAnswer["auth_file"] {
  const nowhere = { detail: null, place: null, excerpt: null };
  const diagnostics: DiagnosticJson[] =
    message === null ? [] : [{ severity: "error", message: utf8Text(message), hint, ...nowhere }];
  return { file_name: utf8Text(fileName), verdict, diagnostics, diagnostics_left_out: 0 };
}

function first<T extends Diagnostic>(
  diagnostics: readonly T[],
  detailOf: (one: T) => string | null,
): Pick<PolicyFileJson, "diagnostics" | "diagnostics_left_out"> {
  const shown = diagnostics.slice(0, mostDiagnostics);
  return {
    diagnostics: shown.map((one) => diagnosticJson(one, detailOf(one))),
    diagnostics_left_out: diagnostics.length - shown.length,
  };
}

function diagnosticJson(
  { severity, message, hint, place, excerpt }: Diagnostic,
  detail: string | null,
): DiagnosticJson {
  return { severity, message, detail, hint, place: place && placeJson(place), excerpt };
}
