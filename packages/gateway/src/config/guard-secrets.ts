import { inspect } from "node:util";
import { maskConninfo } from "./secrets.ts";
import { settingsTable } from "./settings-table.ts";
import type { Settings } from "./settings-table.ts";

/** Settings that show no secret of theirs to `inspect` and `JSON.stringify`, by which objects get into logs. */
export function guardSecrets(settings: Settings): Settings {
  const shown = (): unknown =>
    Object.fromEntries(
      Object.entries(settings).map(([name, value]) => {
        if (name === "upstream") return [name, maskConninfo(String(value))];
        const secret = settingsTable.get(name as keyof Settings)?.secret === true && value !== "";
        return [name, secret ? "***" : value];
      }),
    );
  return Object.defineProperties(settings, {
    [inspect.custom]: { value: shown },
    toJSON: { value: shown },
  });
}
