import { posix } from "node:path";
import { asciiLower } from "@sallyport/policy";
import type { Bytes, Line, Problem } from "@sallyport/policy";
import { parseConfFile } from "./conf-file.ts";
import type { ConfSetting } from "./conf-file.ts";
import type { ConfigDisk } from "./disk.ts";

/** A setting, and the permission bits of the file that it stands in. */
export interface ReadSetting extends ConfSetting {
  readonly fileMode: number;
}

export interface ConfReading {
  /** In the order in which they count: of several of one name the last one wins. */
  readonly settings: readonly ReadSetting[];
  readonly problems: readonly Problem[];
}

/** The main file is level 0; what stands deeper than this is not opened. */
const deepest = 10;

/** Directories that include each other multiply; nobody's configuration has so many files. */
const mostFiles = 1000;

/** Reads a configuration file with all that it includes (manual, 19.1.5). */
export async function readConf(file: Bytes, disk: ConfigDisk): Promise<ConfReading> {
  const reader = new ConfReader(disk);
  await reader.readFile(file, null);
  return reader;
}

/** Where an include stands. */
interface Site {
  readonly directive: ConfSetting;
  /** How deep the file stands in which the directive is written. */
  readonly depth: number;
}

class ConfReader {
  readonly settings: ReadSetting[] = [];
  readonly problems: Problem[] = [];
  readonly #disk: ConfigDisk;
  #files = 0;

  constructor(disk: ConfigDisk) {
    this.#disk = disk;
  }

  async readFile(file: Bytes, site: Site | null): Promise<void> {
    const depth = site === null ? 0 : site.depth + 1;
    if (depth > deepest) {
      this.#fail(site, `could not open configuration file "${file}": maximum nesting depth exceeded`);
      return;
    }
    if (file === site?.directive.nameSpan.line.file) {
      this.#fail(site, `configuration file recursion in "${file}"`);
      return;
    }
    this.#files += 1;
    if (this.#files > mostFiles) {
      // Said once, at the file that is one too many.
      if (this.#files > mostFiles + 1) return;
      this.#fail(
        site,
        `could not open configuration file "${file}": more than ${mostFiles} files are included`,
      );
      return;
    }
    const content = await this.#disk.readFile(file);
    if ("openError" in content) {
      const { code, reason } = content.openError;
      if (code === "ENOENT" && site && asciiLower(site.directive.name) === "include_if_exists") {
        this.#note("log", site, `skipping missing configuration file "${file}"`);
      } else {
        this.#fail(site, `could not open configuration file "${file}": ${reason}`);
      }
      return;
    }
    const { settings, problems } = parseConfFile(file, content.bytes);
    this.problems.push(...problems);
    for (const setting of settings) await this.#take({ ...setting, fileMode: content.mode }, depth);
  }

  async #take(setting: ReadSetting, depth: number): Promise<void> {
    const site = { directive: setting, depth };
    const name = asciiLower(setting.name);
    if (name === "include_dir") await this.#readDirectory(site);
    else if (name === "include" || name === "include_if_exists") await this.#include(site);
    else this.settings.push(setting);
  }

  async #include(site: Site): Promise<void> {
    const { value } = site.directive;
    if (isBlank(value)) this.#fail(site, `empty configuration file name: "${value}"`);
    else await this.readFile(resolveFrom(site, value), site);
  }

  /** Files that end in `.conf`, in byte order. */
  async #readDirectory(site: Site): Promise<void> {
    const { value } = site.directive;
    if (isBlank(value)) {
      this.#fail(site, `empty configuration directory name: "${value}"`);
      return;
    }
    const directory = resolveFrom(site, value);
    const content = await this.#disk.readDirectory(directory);
    if ("openError" in content) {
      const { reason } = content.openError;
      this.#fail(site, `could not open configuration directory "${directory}": ${reason}`);
      return;
    }
    const entries = content.entries.filter(({ name }) => isConfigurationName(name));
    for (const { name, kind } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = posix.join(directory, name);
      if (kind === "unknown") this.#fail(site, `could not stat file "${file}"`);
      else if (kind === "file") await this.readFile(file, site);
    }
  }

  #fail(site: Site | null, text: Bytes): void {
    this.#note("error", site, text);
  }

  #note(severity: Problem["severity"], site: Site | null, text: Bytes): void {
    const span = site?.directive.valueSpan ?? null;
    const context: readonly Line[] = span ? [span.line] : [];
    this.problems.push({ severity, text, sqlstate: "F0000", span, context });
  }
}

function resolveFrom({ directive }: Site, name: Bytes): Bytes {
  return posix.resolve(posix.dirname(directive.nameSpan.line.file), name);
}

function isBlank(name: Bytes): boolean {
  return /^[ \t\r\n]*$/.test(name);
}

function isConfigurationName(name: Bytes): boolean {
  return name.length >= 6 && !name.startsWith(".") && name.endsWith(".conf");
}
