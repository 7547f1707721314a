import type { Bytes } from "@sallyport/policy";
import type { LoadedSettings, SettingName, Settings } from "../config/index.ts";
import { guardSecrets, settingsTable, showSetting } from "../config/index.ts";
import type { Log } from "../log/index.ts";

/** A setting whose value on the disk is another than the one that counts. */
export interface SettingChange {
  readonly name: SettingName;
  /** The one on the disk, as `postgres -C` prints it; secrets are `***`. */
  readonly value: Bytes;
  /** It is set nowhere any more, and this is its default. */
  readonly removed: boolean;
  /** It cannot change while the gateway runs. */
  readonly needsRestart: boolean;
}

/** In the order of the table. */
export function settingChanges(live: LoadedSettings, fresh: LoadedSettings): SettingChange[] {
  const changes: SettingChange[] = [];
  for (const [name, { context }] of settingsTable) {
    if (JSON.stringify(live.settings[name]) === JSON.stringify(fresh.settings[name])) continue;
    changes.push({
      name,
      value: showSetting(fresh, name),
      removed: fresh.sources.get(name)?.from === "default",
      needsRestart: context === "postmaster",
    });
  }
  return changes;
}

/** Takes from `fresh` what may change while the gateway runs; what needs a new start stays as it is. */
export function changeSettings(
  live: LoadedSettings,
  fresh: LoadedSettings,
  changes: readonly SettingChange[],
): LoadedSettings {
  const changed = new Map<string, Settings[SettingName]>();
  for (const { name, needsRestart } of changes) if (!needsRestart) changed.set(name, fresh.settings[name]);
  const settings = guardSecrets({ ...live.settings, ...Object.fromEntries(changed) });
  return { ...live, settings, sources: mergedSources(live, fresh, changed) };
}

/** Says of each change what a server says (manual, 19.1). */
export function logChanges(changes: readonly SettingChange[], file: Bytes, log: Log): void {
  for (const { name, value, removed, needsRestart } of changes) {
    if (needsRestart) {
      const message = `parameter "${name}" cannot be changed without restarting the server`;
      log.log("LOG", message, { sqlstate: "55P02" });
    } else if (removed) {
      log.log("LOG", `parameter "${name}" removed from configuration file, reset to default`);
    } else log.log("LOG", `parameter "${name}" changed to "${value}"`);
  }
  if (changes.some(({ needsRestart }) => needsRestart))
    log.log("LOG", `configuration file "${file}" contains errors; unaffected changes were applied`);
}

function mergedSources(
  live: LoadedSettings,
  fresh: LoadedSettings,
  changed: ReadonlyMap<string, unknown>,
): LoadedSettings["sources"] {
  return new Map(
    [...live.sources].map(([name, source]) => [
      name,
      (changed.has(name) && fresh.sources.get(name)) || source,
    ]),
  );
}
