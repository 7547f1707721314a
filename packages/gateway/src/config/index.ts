export type { ConfigDiagnostic } from "./diagnostic.ts";
export { systemDisk } from "./disk.ts";
export type { ConfigDisk, ConfigFileContent } from "./disk.ts";
export type { ConnectionLogAspect } from "./lists.ts";
export { configFileName, findSetting, loadSettings, unknownName } from "./load-settings.ts";
export type {
  LoadedSettings,
  ReadNames,
  LoadSettingsOptions,
  RefusedSettings,
  SettingSource,
} from "./load-settings.ts";
export { guardSecrets } from "./guard-secrets.ts";
export { isInNetworks } from "./networks.ts";
export { readConf } from "./read-conf.ts";
export type { AnySetting, ValueError } from "./setting.ts";
export { settingsTable } from "./settings-table.ts";
export type { SettingName, Settings } from "./settings-table.ts";
export type { TlsSettings } from "./settings/tls.ts";
export { showSetting } from "./show-setting.ts";
