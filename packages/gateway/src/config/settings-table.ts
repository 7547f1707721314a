import type { AnySetting, SettingRows } from "./setting.ts";
import { dataSettings } from "./settings/data.ts";
import type { DataSettings } from "./settings/data.ts";
import { listenSettings } from "./settings/listen.ts";
import type { ListenSettings } from "./settings/listen.ts";
import { logSettings } from "./settings/log.ts";
import type { LogSettings } from "./settings/log.ts";
import { poolSettings } from "./settings/pool.ts";
import type { PoolSettings } from "./settings/pool.ts";
import { ruleSettings } from "./settings/rules.ts";
import type { RuleSettings } from "./settings/rules.ts";
import { tlsSettings } from "./settings/tls.ts";
import type { TlsSettings } from "./settings/tls.ts";
import { upstreamSettings } from "./settings/upstream.ts";
import type { UpstreamSettings } from "./settings/upstream.ts";

/** Every setting of a gate under PostgreSQL's name; integers in the unit of their row, paths full. */
export interface Settings
  extends
    ListenSettings,
    RuleSettings,
    TlsSettings,
    LogSettings,
    UpstreamSettings,
    PoolSettings,
    DataSettings {}

export type SettingName = keyof Settings;

const rows: SettingRows<Settings> = {
  ...listenSettings,
  ...ruleSettings,
  ...tlsSettings,
  ...logSettings,
  ...upstreamSettings,
  ...poolSettings,
  ...dataSettings,
};

/**
 * The one table of settings, in the order of the documentation.
 *
 * A check takes the very value that its row's type gives, so a row of known type is no row of any type to the
 * compiler; `parseValue` brings the two together again.
 */
export const settingsTable: ReadonlyMap<SettingName, AnySetting> = new Map(
  Object.entries(rows) as [SettingName, AnySetting][],
);
