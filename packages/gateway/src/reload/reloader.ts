import { utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import type {
  ConfigDiagnostic,
  LoadedSettings,
  ReadNames,
  RefusedSettings,
  Settings,
} from "../config/index.ts";
import type { Log } from "../log/index.ts";
import { changeSettings, logChanges, settingChanges } from "./changed-settings.ts";
import type { SettingChange } from "./changed-settings.ts";
import type { AuthFileReport, LiveAuthFile } from "./live-auth-file.ts";
import type { LivePolicy, ReloadReport, Verdict } from "./live-policy.ts";
import type { LiveTls } from "../tls/live-tls.ts";
import type { TlsFault } from "../tls/tls-fault.ts";
import { tlsPaths } from "../tls/tls-paths.ts";
import { logAuthFile, logReload, logTls } from "./log-policy.ts";

export interface ReloaderOptions {
  /** The settings that count, and the file that they came from. */
  readonly loaded: LoadedSettings;
  readonly configFile: string;
  /** Reads that file again, with the same command line over it. */
  readonly reread: () => Promise<LoadedSettings | RefusedSettings>;
  readonly policy: LivePolicy;
  readonly tls: LiveTls;
  /** Null or absent: secrets do not come from a file. */
  readonly authFile?: LiveAuthFile | null | undefined;
  /** Takes settings that have changed. */
  readonly apply: (settings: Settings) => void;
  /** Hears of each reload. */
  readonly heard?: ((report: FullReport) => void) | undefined;
  readonly log: Log;
}

/** What became of `sallyport.conf`. It is unchanged as long as no setting has another value. */
export interface SettingsReport {
  readonly fileName: Bytes;
  readonly verdict: Verdict;
  readonly diagnostics: readonly ConfigDiagnostic[];
  /** What has changed, and what would if the gateway were started anew. */
  readonly changes: readonly SettingChange[];
}

/** What became of all files, and of TLS. */
export interface FullReport extends ReloadReport {
  readonly settings: SettingsReport;
  /** Null: secrets do not come from a file. */
  readonly authFile: AuthFileReport | null;
  readonly tls: TlsReport;
}

/** What became of TLS: all that its settings name was read anew, or what counted before counts on. */
export type TlsReport =
  | { readonly verdict: "off" | "loaded"; readonly fault: null }
  | { readonly verdict: "refused"; readonly fault: TlsFault };

/** `sallyport.conf` as it lies on the disk, beside the settings that count: null if it cannot be used. */
export type PendingChanges = readonly SettingChange[] | null;

/**
 * What SIGHUP does (manual, 18.9, 19.1, 20.1, 20.2): the settings that may change, then each of the two files, then
 * `auth_file`, if there is one, then TLS. Each is taken whole or not at all, by itself; what is refused is logged, and the one
 * before it counts on.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #loaded: LoadedSettings;
  /** Of `sallyport.conf`, when it was last read. */
  #read: ReadNames;
  #report: FullReport;
  #hasReloaded = false;
  #running: Promise<unknown> = Promise.resolve();
  /** The one that is asked for and has not begun. */
  #next: Promise<FullReport> | null = null;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
    this.#read = options.loaded.read;
    this.#report = {
      ...options.policy.report,
      settings: {
        fileName: utf8Bytes(options.configFile),
        verdict: "loaded",
        diagnostics: options.loaded.notes,
        changes: [],
      },
      authFile: options.authFile?.report ?? null,
      tls: { verdict: options.tls.current ? "loaded" : "off", fault: null },
    };
  }

  /** The settings that count. */
  get loaded(): LoadedSettings {
    return this.#loaded;
  }

  /** All that was read by the last reload, or at the start: files and directories, by their full names. */
  get paths(): ReadNames {
    const { hba, ident, authFile } = this.#report;
    const names = new Set([...this.#read, ...tlsPaths(this.#loaded.settings)]);
    if (authFile) names.add(authFile.fileName);
    for (const { files, directories } of [hba.read, ident.read]) {
      for (const name of [...files.keys(), ...directories.keys()]) names.add(name);
    }
    return names;
  }

  /** Of the last reload, or of the start: `hasReloaded`. */
  get report(): FullReport {
    return this.#report;
  }

  get hasReloaded(): boolean {
    return this.#hasReloaded;
  }

  /**
   * One that is asked for while another runs follows it, and sees what the disk has then; several of them are one. What is wrong with a file is in
   * the report. It rejects only for a fault of ours; then whatever had been taken by then counts, each file whole.
   */
  async reload(): Promise<FullReport> {
    this.#next ??= this.#afterRunning();
    return await this.#next;
  }

  async #afterRunning(): Promise<FullReport> {
    await this.#running;
    const reload = this.#reload();
    this.#next = null;
    this.#running = reload.catch(() => undefined);
    return await reload;
  }

  /** What a reload would find in `sallyport.conf`. */
  async pendingChanges(): Promise<PendingChanges> {
    const fresh = await this.#options.reread();
    return "settings" in fresh ? settingChanges(this.#loaded, fresh) : null;
  }

  async #reload(): Promise<FullReport> {
    const { policy, authFile: secrets, log, heard } = this.#options;
    const settings = await this.#reloadSettings();
    const files = await policy.reload(this.#loaded.settings);
    const authFile = (await secrets?.reload()) ?? null;
    this.#report = { ...files, settings, authFile, tls: await this.#reloadTls() };
    this.#hasReloaded = true;
    if (authFile) logAuthFile(log, authFile);
    logTls(log, this.#report.tls.fault);
    logReload(log, this.#report);
    heard?.(this.#report);
    return this.#report;
  }

  async #reloadTls(): Promise<TlsReport> {
    const { tls } = this.#options;
    const fault = await tls.reload(this.#loaded.settings);
    if (fault !== null) return { verdict: "refused", fault };
    return { verdict: tls.current ? "loaded" : "off", fault };
  }

  async #reloadSettings(): Promise<SettingsReport> {
    const { reread, apply, log, configFile } = this.#options;
    const fileName = utf8Bytes(configFile);
    const fresh = await reread();
    this.#read = fresh.read;
    if (!("settings" in fresh)) {
      const { diagnostics } = fresh;
      for (const diagnostic of diagnostics) logDiagnostic(log, diagnostic);
      log.log("LOG", `configuration file "${fileName}" contains errors; no changes were applied`);
      return { fileName, verdict: "refused", diagnostics, changes: [] };
    }
    const changes = settingChanges(this.#loaded, fresh);
    logChanges(changes, fileName, log);
    this.#loaded = changeSettings(this.#loaded, fresh, changes);
    apply(this.#loaded.settings);
    const verdict = changes.some(({ needsRestart }) => !needsRestart) ? "loaded" : "unchanged";
    return { fileName, verdict, diagnostics: fresh.notes, changes };
  }
}

function logDiagnostic(log: Log, { message, detail, hint, place }: ConfigDiagnostic): void {
  log.log("LOG", utf8Bytes(message), {
    detail: detail === null ? undefined : utf8Bytes(detail),
    hint: hint === null ? undefined : utf8Bytes(hint),
    context: place
      ? `line ${place.lineNumber} of configuration file "${utf8Bytes(place.fileName)}"`
      : undefined,
  });
}
