import { ConfigWatch, Reloader } from "@sallyport/gateway";
import type {
  FullReport,
  Gateway,
  LiveAuthFile,
  LivePolicy,
  LiveTls,
  Logger,
  Settings,
} from "@sallyport/gateway";
import { utf8Bytes } from "@sallyport/policy";
import type { GateSource } from "../options/gate-target.ts";
import { DifferenceLog } from "./difference/difference-log.ts";
import { logStyle } from "./gate-log.ts";
import { readyStatus } from "./service-manager.ts";
import type { ServiceManager } from "./service-manager.ts";

export interface ReloadsOptions {
  readonly source: GateSource;
  readonly gateway: Gateway;
  readonly live: LivePolicy;
  readonly tls: LiveTls;
  readonly authFile: LiveAuthFile | null;
  /** Hears of each reload. */
  readonly heard: (report: FullReport) => void;
  readonly logger: Logger;
  readonly manager: ServiceManager;
  readonly clock: () => Date;
}

/** Whatever makes a gate read its files again: a signal, a question, a file that changed (`config_watch`). */
export class Reloads {
  readonly reloader: Reloader;
  readonly #options: ReloadsOptions;
  readonly #watch: ConfigWatch;
  readonly #difference: DifferenceLog;
  /** When what counts now began to be read. */
  #reading: Date;
  #closed = false;

  constructor(options: ReloadsOptions) {
    const { source, live, authFile, tls, logger } = options;
    const { loaded, configFile, reread, readAt } = source;
    this.#options = options;
    this.#reading = readAt;
    this.#difference = new DifferenceLog(live.current, logger);
    const apply = (settings: Settings): void => this.#apply(settings);
    this.reloader = new Reloader({
      loaded,
      configFile,
      reread,
      policy: live,
      tls,
      authFile,
      apply,
      heard: (report) => this.#heard(report),
      log: logger,
    });
    this.#watch = new ConfigWatch({
      paths: () => this.reloader.paths,
      changed: async () => await this.reloadUnasked("configuration files have changed"),
    });
    this.#turnWatch(loaded.settings);
  }

  /** Reads everything again, and says what came of it. */
  async reload(because: string): Promise<FullReport> {
    const { logger, manager, gateway, clock } = this.#options;
    logger.log("LOG", `${because}, reloading configuration files`);
    manager.reloading();
    this.#reading = clock();
    try {
      return await this.reloader.reload();
    } finally {
      manager.ready(readyStatus(gateway.doors, this.reloader.report));
    }
  }

  /** The same, when nobody waits for an answer: what comes of it is in the log. Never rejects. */
  async reloadUnasked(because: string): Promise<void> {
    await this.reload(because).catch((error: unknown) => {
      this.#options.logger.log("LOG", `reload failed: ${utf8Bytes(String(error))}`);
    });
  }

  /** Nobody looks at the files any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#watch.stop();
    await this.#difference.close();
  }

  #heard(report: FullReport): void {
    const { heard, live } = this.#options;
    heard(report);
    if ([report.hba, report.ident].some(({ verdict }) => verdict === "loaded"))
      this.#difference.changed(live.current);
  }

  #apply(settings: Settings): void {
    const { gateway, logger } = this.#options;
    gateway.apply(settings);
    logger.restyle(logStyle(settings));
    this.#turnWatch(settings);
  }

  #turnWatch({ config_watch }: Settings): void {
    if (config_watch && !this.#closed) this.#watch.start(this.#reading);
    else void this.#watch.stop();
  }
}
