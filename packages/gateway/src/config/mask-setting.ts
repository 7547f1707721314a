import type { Bytes } from "@sallyport/policy";
import { maskConninfo } from "./secrets.ts";
import { settingsTable } from "./settings-table.ts";
import type { SettingName } from "./settings-table.ts";

/** What is shown in place of a value that may hold a secret; null: the value itself may be shown. */
export function maskSetting(name: SettingName, value: unknown): Bytes | null {
  if (name === "upstream") return maskConninfo(String(value));
  return settingsTable.get(name)?.secret === true && value !== "" ? "***" : null;
}
