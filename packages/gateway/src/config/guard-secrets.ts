import { inspect } from "node:util";
import { maskSetting } from "./mask-setting.ts";
import type { SettingName, Settings } from "./settings-table.ts";

/** Settings that show no secret of theirs to `inspect` and `JSON.stringify`, by which objects get into logs. */
export function guardSecrets(settings: Settings): Settings {
  const shown = (): unknown =>
    Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        maskSetting(name as SettingName, value) ?? value,
      ]),
    );
  return Object.defineProperties(settings, {
    [inspect.custom]: { value: shown },
    toJSON: { value: shown },
  });
}
