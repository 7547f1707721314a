import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { utf8Text } from "@sallyport/policy";
import type { Bytes, Disk, Reading } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import type { ConnectionOptions } from "@sallyport/wire";
import { configFileName, loadSettings, systemDisk } from "../config/index.ts";
import type { LoadedSettings } from "../config/index.ts";
import { gatewayProfile, thisMachine } from "../config/policy-files.ts";
import { checkSocketOptions } from "../doorstep/socket-options.ts";
import { systemNames } from "../resolver/index.ts";
import type { NameService } from "../resolver/index.ts";
import { systemLdap } from "../session/methods/ldap.ts";
import { tlsPaths } from "../tls/tls-paths.ts";
import { checkAddresses } from "./addresses.ts";
import { checkAuthFile } from "./auth-file.ts";
import { checkUpstream } from "./check-upstream.ts";
import { unenforceable } from "../config/enforcement.ts";
import { finding, findingOf, textOf } from "../findings/finding.ts";
import type { Finding } from "../findings/finding.ts";
import { checkHostNames, hasHostNames } from "./host-names.ts";
import { checkLdap } from "./ldap.ts";
import { hbaFindings, identFindings } from "../findings/policy-findings.ts";
import { checkPamServices } from "./pam-services.ts";
import { checkState } from "./state.ts";
import { checkOauth, oauthPaths } from "./check-oauth.ts";
import { checkGss, keytabPaths } from "./check-gss.ts";
import { checkTls } from "./check-tls.ts";
import { checkWriters } from "./trusted-paths.ts";
import { checkSockets } from "./unix-sockets.ts";

export interface CheckGateOptions {
  /** The gate directory, a full path. */
  readonly directory: Bytes;
  /** Settings of the command line, as `serve -c` takes them. */
  readonly overrides: readonly (readonly [name: Bytes, value: Bytes])[];
  /** What a connection string asks for, filled in as `serve` does. May throw `WireError`. */
  readonly connectionOf: (conninfo: Bytes) => Promise<ConnectionOptions>;
  /** Asks neither the upstream nor a resolver. */
  readonly offline: boolean;
  /** That of the process; default: empty. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Default: the resolver of the system. */
  readonly names?: NameService;
  /** Id of the user that checks; default: of the process. */
  readonly uid?: number;
}

/** A file that was read, and how many rules or maps are in it. */
export interface CheckedFile {
  readonly fileName: Bytes;
  readonly kind: "settings" | "hba" | "ident";
  /** Null for settings. */
  readonly entries: number | null;
}

export interface CheckReport {
  /** Settings, `pg_hba.conf` and `pg_ident.conf` in the order of their lines; then what is around them. */
  readonly findings: readonly Finding[];
  readonly files: readonly CheckedFile[];
  /** What could not be looked at, and why: sentences for people. */
  readonly notChecked: readonly string[];
  /** The two files, and the disk that they were read from, for who has more to say about them; null: they were not read. */
  readonly read: { readonly reading: Reading; readonly disk: Disk } | null;
}

/** Milliseconds for all questions to a resolver. */
const namesWithin = 10_000;

/**
 * Looks at all of a gate without changing anything: settings, both files, permissions, doors, upstream, catalogue. It
 * need not run. Never fails because of what it finds.
 */
export async function checkGate(options: CheckGateOptions): Promise<CheckReport> {
  const { directory, overrides, uid = process.getuid?.() ?? 0 } = options;
  const loaded = await loadSettings({ directory, overrides, disk: systemDisk });
  const settingsFile = {
    fileName: posix.join(directory, configFileName),
    kind: "settings",
    entries: null,
  } as const;
  const diagnostics = "settings" in loaded ? loaded.notes : loaded.diagnostics;
  const findings = diagnostics.map((one) =>
    findingOf(one.severity === "error" ? "setting-refused" : "include-skipped", one),
  );
  if (!("settings" in loaded)) {
    const owner = await stat(utf8Text(directory)).then(
      (status) => status.uid,
      () => uid,
    );
    findings.push(...(await checkWriters(loaded.read, new Set([0, uid, owner]))));
    const notChecked = [`everything but ${configFileName}: its settings cannot be used`];
    return { findings, files: [settingsFile], notChecked, read: null };
  }
  const rest = await checkUsable(loaded, { ...options, uid });
  return { ...rest, findings: [...findings, ...rest.findings], files: [settingsFile, ...rest.files] };
}

/** The rest, of a gate whose settings can be used. */
async function checkUsable(
  loaded: LoadedSettings,
  {
    offline,
    names = systemNames,
    environment = {},
    connectionOf,
    uid,
  }: CheckGateOptions & { readonly uid: number },
): Promise<CheckReport> {
  const { settings } = loaded;
  const notChecked: string[] = [];
  const findings: Finding[] = await checkSocketOptions(settings).then(
    () => [],
    (error: unknown) => [finding("setting-refused", textOf(error))],
  );
  const disk = emptyDisk();
  const machine = await thisMachine(settings);
  const reading = await readPolicy({
    hbaFile: utf8Text(settings.hba_file),
    identFile: utf8Text(settings.ident_file),
    profile: gatewayProfile(settings, machine),
    resolveHosts: !offline,
    disk,
  });
  const { rules } = reading.hba;
  const fromFile = settings.auth_source === "file";
  const authFile = fromFile ? await checkAuthFile(settings.auth_file) : { file: null, findings: [] };
  const upstream = await checkUpstream(loaded, authFile.file, connectionOf, offline);
  const passesOn = settings.upstream_auth === "passthrough" && settings.upstream !== "embedded";
  const leavesNothing = passesOn && upstream.asksNothing !== true;
  findings.push(
    ...hbaFindings(reading, unenforceable(reading.hba, machine), leavesNothing),
    ...identFindings(reading),
  );
  findings.push(...(await checkLdap(rules, systemLdap(environment).trust)));
  findings.push(...(await checkPamServices(rules)));
  const signal = AbortSignal.timeout(namesWithin);
  if (offline) {
    if (hasHostNames(rules, settings)) notChecked.push("host names: --offline");
  } else {
    const { findings: ofNames, unanswered } = await checkHostNames(rules, names, signal);
    findings.push(...ofNames);
    if (unanswered > 0)
      notChecked.push(`${unanswered} host names of rules: the resolver did not answer in time`);
  }

  const state = await checkState(settings, uid);
  const paths = [
    ...loaded.read,
    ...disk.files.keys(),
    ...disk.directories.keys(),
    settings.data_directory,
    posix.join(settings.data_directory, "node.key"),
    ...settings.unix_socket_directories,
    ...tlsPaths(settings),
    ...oauthPaths(settings),
    ...keytabPaths(settings),
    ...(fromFile ? [settings.auth_file] : []),
    ...upstream.paths,
  ];
  findings.push(...(await checkWriters(paths, new Set([0, uid, state.owner ?? uid]))));
  findings.push(...state.findings);
  findings.push(...(await checkTls(settings, rules, state.owner ?? uid, new Date())));
  findings.push(...(await checkOauth(settings, rules, state.owner ?? uid)));
  findings.push(...(await checkGss(settings, rules, signal)));
  findings.push(...(await checkAddresses(loaded, !offline, signal)));
  findings.push(...(await checkSockets(loaded, state.runs, signal)));
  if (settings.listen_addresses.length + settings.unix_socket_directories.length === 0) {
    findings.push(finding("no-door", "no socket created for listening"));
  }
  findings.push(...authFile.findings, ...upstream.findings);
  const files: CheckedFile[] = [
    { fileName: settings.hba_file, kind: "hba", entries: rules.length },
    { fileName: settings.ident_file, kind: "ident", entries: reading.ident?.mappings.length ?? 0 },
  ];
  return {
    findings,
    files,
    notChecked: [...notChecked, ...upstream.notChecked],
    read: { reading, disk },
  };
}
