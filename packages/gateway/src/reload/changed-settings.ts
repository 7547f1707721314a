import type { Bytes } from "@sallyport/policy";
import type { LoadedSettings, SettingName, Settings } from "../config/index.ts";
import { guardSecrets, settingsTable, showSetting } from "../config/index.ts";
import type { Log } from "../log/index.ts";

/**
 * Takes from `fresh` what may change while the gateway runs, and says of each change what a server says (manual, 19.1).
 * What needs a new start stays as it is.
 */
export function changeSettings(
  live: LoadedSettings,
  fresh: LoadedSettings,
  file: Bytes,
  log: Log,
): LoadedSettings {
  const changed = new Map<string, Settings[SettingName]>();
  let left = false;
  for (const [name, { context }] of settingsTable) {
    if (JSON.stringify(live.settings[name]) === JSON.stringify(fresh.settings[name])) continue;
    if (context === "postmaster") {
      left = true;
      log.log("LOG", `parameter "${name}" cannot be changed without restarting the server`, {
        sqlstate: "55P02",
      });
      continue;
    }
    changed.set(name, fresh.settings[name]);
    const removed = fresh.sources.get(name)?.from === "default";
    log.log(
      "LOG",
      removed
        ? `parameter "${name}" removed from configuration file, reset to default`
        : `parameter "${name}" changed to "${showSetting(fresh, name)}"`,
    );
  }
  if (left) log.log("LOG", `configuration file "${file}" contains errors; unaffected changes were applied`);
  const settings = guardSecrets({ ...live.settings, ...Object.fromEntries(changed) });
  return { ...live, settings, sources: mergedSources(live, fresh, changed) };
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
