import { utf8Bytes } from "@sallyport/policy";
import type { ConfigDiagnostic, LoadedSettings, RefusedSettings, Settings } from "../config/index.ts";
import type { Log } from "../log/index.ts";
import { changeSettings } from "./changed-settings.ts";
import type { LivePolicy, ReloadReport } from "./live-policy.ts";
import { logReload } from "./log-policy.ts";

export interface ReloaderOptions {
  /** The settings that count, and the file that they came from. */
  readonly loaded: LoadedSettings;
  readonly configFile: string;
  /** Reads that file again, with the same command line over it. */
  readonly reread: () => Promise<LoadedSettings | RefusedSettings>;
  readonly policy: LivePolicy;
  /** Takes settings that have changed. */
  readonly apply: (settings: Settings) => void;
  readonly log: Log;
}

/**
 * What SIGHUP does (manual, 19.1, 20.1, 20.2): the settings that may change, then each of the two files. Each of the
 * three is taken whole or not at all, by itself; what is refused is logged, and the one before it counts on.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #loaded: LoadedSettings;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
  }

  /** One that is asked for while another runs follows it, and sees what the disk has then. Never rejects half-way. */
  async reload(): Promise<ReloadReport> {
    const reload = this.#reloading.then(async () => await this.#reload());
    this.#reloading = reload.catch(() => undefined);
    return await reload;
  }

  async #reload(): Promise<ReloadReport> {
    const { reread, policy, apply, log, configFile } = this.#options;
    const file = utf8Bytes(configFile);
    const fresh = await reread();
    if ("settings" in fresh) {
      this.#loaded = changeSettings(this.#loaded, fresh, file, log);
      apply(this.#loaded.settings);
    } else {
      for (const diagnostic of fresh.diagnostics) logDiagnostic(log, diagnostic);
      log.log("LOG", `configuration file "${file}" contains errors; no changes were applied`);
    }
    const report = await policy.reload(this.#loaded.settings);
    logReload(log, report);
    return report;
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
