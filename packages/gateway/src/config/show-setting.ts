import type { Bytes } from "@sallyport/policy";
import type { LoadedSettings } from "./load-settings.ts";
import { maskSetting } from "./mask-setting.ts";
import type { SettingName } from "./settings-table.ts";

/**
 * The value of one setting as `postgres -C` prints it: integers in their unit, without it; lists as they were
 * written; paths in full. Secrets are `***`.
 */
export function showSetting({ settings, sources }: LoadedSettings, name: SettingName): Bytes {
  const value = settings[name];
  const masked = maskSetting(name, value);
  if (masked !== null) return masked;
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "object") return sources.get(name)?.text ?? "";
  return String(value);
}
