import { posix } from "node:path";
import { asciiLower, placeOf } from "@sallyport/policy";
import type { Bytes, Place, Span } from "@sallyport/policy";
import { problemDiagnostic, settingDiagnostic } from "./diagnostic.ts";
import type { ConfigDiagnostic } from "./diagnostic.ts";
import type { ConfigDisk } from "./disk.ts";
import { checkTogether } from "./check-together.ts";
import { guardSecrets } from "./guard-secrets.ts";
import { nearestName } from "./nearest-name.ts";
import { parseValue } from "./parse-value.ts";
import type { SettingValue } from "./parse-value.ts";
import { readConf } from "./read-conf.ts";
import type { ReadSetting } from "./read-conf.ts";
import { holdsSecret } from "./secrets.ts";
import type { AnySetting, ValueError } from "./setting.ts";
import { settingsTable } from "./settings-table.ts";
import type { SettingName, Settings } from "./settings-table.ts";

export interface LoadSettingsOptions {
  /** The gate directory, a full path. */
  readonly directory: Bytes;
  /** `-c name=value` of the command line: they win over the file, the last one of a name over the others. */
  readonly overrides: readonly (readonly [name: Bytes, value: Bytes])[];
  readonly disk: ConfigDisk;
}

/** Where a value comes from, and how it was written. */
export interface SettingSource {
  readonly from: "default" | "file" | "command line";
  /** Of the value, if it is from a file. */
  readonly place: Place | null;
  /** Without quotes. May hold a secret: to show it, use `showSetting`. */
  readonly text: Bytes;
}

export interface LoadedSettings {
  readonly settings: Settings;
  readonly sources: ReadonlyMap<SettingName, SettingSource>;
  /** What is worth a line in the log and stops nothing: a skipped `include_if_exists`. */
  readonly notes: readonly ConfigDiagnostic[];
  readonly read: ReadNames;
}

/** The files and directories that were asked for, whether they are there or not, by their full names. */
export type ReadNames = ReadonlySet<Bytes>;

/** Why there are no settings: every problem, in the order in which it was found. */
export interface RefusedSettings {
  readonly diagnostics: readonly ConfigDiagnostic[];
  readonly read: ReadNames;
}

export const configFileName = "sallyport.conf";

/** Reads `sallyport.conf` of a gate directory. All of it is good, or none of it is taken. */
export async function loadSettings(options: LoadSettingsOptions): Promise<LoadedSettings | RefusedSettings> {
  const { directory, overrides } = options;
  const { disk, read: names } = noting(options.disk);
  if (!directory.startsWith("/")) throw new RangeError("the gate directory must be a full path");
  const { settings: read, problems } = await readConf(posix.join(directory, configFileName), disk);
  const loader = new Loader(directory);
  loader.takeFile(read);
  for (const [name, value] of overrides) loader.take(name, value, null);
  // If the file itself cannot be opened, nobody is told of each setting that it does not give.
  if (!problems.some(({ severity, span }) => severity === "error" && span === null)) loader.takeDefaults();
  const fromFiles = problems.map(problemDiagnostic);
  const diagnostics = [...fromFiles, ...loader.diagnostics];
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics, read: names };
  const settings = loader.settings();
  const together = checkTogether(settings);
  if (together !== null)
    return { diagnostics: [...diagnostics, settingDiagnostic(together, "F0000", null)], read: names };
  return { settings, sources: loader.sources, notes: diagnostics, read: names };
}

/** A disk that keeps the names of what it is asked for. */
function noting({ readFile, readDirectory }: ConfigDisk): {
  readonly disk: ConfigDisk;
  readonly read: ReadNames;
} {
  const read = new Set<Bytes>();
  const disk: ConfigDisk = {
    readFile: async (name) => await readFile((read.add(name), name)),
    readDirectory: async (name) => await readDirectory((read.add(name), name)),
  };
  return { disk, read };
}

class Loader {
  readonly diagnostics: ConfigDiagnostic[] = [];
  readonly sources = new Map<SettingName, SettingSource>();
  readonly #directory: Bytes;
  readonly #values = new Map<SettingName, SettingValue>();
  /** Settings whose given value was refused: nothing more is said about them. */
  readonly #refused = new Set<SettingName>();

  constructor(directory: Bytes) {
    this.#directory = directory;
  }

  /** Every setting that is in the table has a value by now. */
  settings(): Settings {
    return guardSecrets(Object.fromEntries(this.#values) as unknown as Settings);
  }

  /** Of several settings of one name only the last one is looked at, as in a server. */
  takeFile(read: readonly ReadSetting[]): void {
    const last = new Map(read.map((setting) => [asciiLower(setting.name), setting]));
    const told = new Set<Bytes>();
    for (const setting of read) {
      this.#checkPermissions(setting, told);
      if (last.get(asciiLower(setting.name)) === setting) this.take(setting.name, setting.value, setting);
    }
  }

  /** `written`: null for the command line. */
  take(name: Bytes, text: Bytes, written: ReadSetting | null): void {
    const known = findSetting(name);
    if (known === null) {
      this.#refuse(unknownName(name), "42704", written?.nameSpan ?? null);
      return;
    }
    const value = this.#read(known.name, known.setting, text, written?.valueSpan ?? null);
    if (value === null) return;
    this.#values.set(known.name, value);
    const place = written && placeOf(written.valueSpan);
    this.sources.set(known.name, { from: written ? "file" : "command line", place, text });
  }

  takeDefaults(): void {
    for (const [name, setting] of settingsTable) {
      if (this.#values.has(name) || this.#refused.has(name)) continue;
      if (setting.default === null) {
        this.#refuse(mustBeGiven(name, setting), "22023", null);
        continue;
      }
      const parsed = parseValue(name, setting, setting.default);
      if ("message" in parsed) throw new RangeError(`default of ${name}: ${parsed.message}`);
      this.#values.set(name, this.#fullPaths(setting, parsed.value));
      this.sources.set(name, { from: "default", place: null, text: setting.default });
    }
  }

  #read(name: SettingName, setting: AnySetting, text: Bytes, span: Span | null): SettingValue | null {
    const parsed = parseValue(name, setting, text);
    if ("message" in parsed) {
      this.#refused.add(name);
      this.#refuse(parsed, "22023", span);
      return null;
    }
    if (!carriedOut(name, setting, text)) {
      this.#refused.add(name);
      this.#refuse(notSupported(name, setting, text), "0A000", span);
      return null;
    }
    return this.#fullPaths(setting, parsed.value);
  }

  #fullPaths(setting: AnySetting, value: SettingValue): SettingValue {
    if ((setting.type !== "string" && setting.type !== "list") || !setting.path) return value;
    if (typeof value === "string") return value === "" ? "" : posix.resolve(this.#directory, value);
    return Array.isArray(value) ? value.map((each) => posix.resolve(this.#directory, String(each))) : value;
  }

  /** Said once for each file that holds a password. */
  #checkPermissions({ name, value, nameSpan, fileMode }: ReadSetting, told: Set<Bytes>): void {
    const { file } = nameSpan.line;
    if (told.has(file) || (fileMode & 0o077) === 0) return;
    if (asciiLower(name) !== "upstream" || !holdsSecret(value)) return;
    told.add(file);
    const message = `configuration file "${file}" holds a password and has group or world access`;
    const hint = "Permissions should be u=rw (0600) or less; or keep the password in a passfile.";
    this.#refuse({ message, hint }, "F0000", nameSpan);
  }

  #refuse(error: ValueError, sqlstate: string, span: Span | null): void {
    this.diagnostics.push(settingDiagnostic(error, sqlstate, span));
  }
}

/** Null: there is none of that name. Names are compared without regard to the case of ASCII letters. */
export function findSetting(
  name: Bytes,
): { readonly name: SettingName; readonly setting: AnySetting } | null {
  const lower = asciiLower(name);
  for (const [name, setting] of settingsTable) if (name === lower) return { name, setting };
  return null;
}

/** In the words of a server, with the nearest name. */
export function unknownName(name: Bytes): ValueError {
  const message = `unrecognized configuration parameter "${name}"`;
  const nearest = nearestName(asciiLower(name), settingsTable.keys());
  return nearest === null ? { message } : { message, hint: `Perhaps you meant "${nearest}".` };
}

/** Can this build do what this (well-formed) value asks for? */
function carriedOut(name: string, setting: AnySetting, text: Bytes): boolean {
  if (setting.only === undefined) return true;
  const [asked, only] = [text, setting.only.value].map((each) => parseValue(name, setting, each));
  return JSON.stringify(asked) === JSON.stringify(only);
}

function notSupported(name: string, setting: AnySetting, text: Bytes): ValueError {
  const message = `invalid value for parameter "${name}"${setting.secret ? "" : `: "${text}"`}`;
  return { message, ...reasonOf(name, setting) };
}

function mustBeGiven(name: SettingName, { description }: AnySetting): ValueError {
  return { message: `parameter "${name}" must be set`, detail: description };
}

function reasonOf(name: string, { only }: AnySetting): { detail: string; hint: string } | null {
  if (only === undefined) return null;
  const detail = `${only.reason.charAt(0).toUpperCase()}${only.reason.slice(1)}.`;
  return { detail, hint: `The only value that this build accepts is "${name} = ${quoted(only.value)}".` };
}

function quoted(value: Bytes): Bytes {
  return /^(?:[A-Za-z_][-A-Za-z_0-9]*|[0-9]+)$/.test(value) ? value : `'${value}'`;
}
