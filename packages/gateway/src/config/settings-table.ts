import type { AnySetting, SettingTheme } from "./setting.ts";
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
import { serviceSettings } from "./settings/services.ts";
import type { ServiceSettings } from "./settings/services.ts";
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
    ServiceSettings,
    PoolSettings,
    DataSettings {}

export type SettingName = keyof Settings;

interface Themes {
  readonly listen: SettingTheme<ListenSettings>;
  readonly rules: SettingTheme<RuleSettings>;
  readonly tls: SettingTheme<TlsSettings>;
  readonly log: SettingTheme<LogSettings>;
  readonly upstream: SettingTheme<UpstreamSettings>;
  readonly services: SettingTheme<ServiceSettings>;
  readonly pool: SettingTheme<PoolSettings>;
  readonly data: SettingTheme<DataSettings>;
}

/** In the order of the documentation. */
const themes: Themes = {
  listen: {
    title: "Connections",
    about: "Where the gateway listens, how many it lets in at a time, and how long they may take.",
    rows: listenSettings,
  },
  rules: {
    title: "Rules",
    about: "Which files are enforced, whose reading of them counts, and what their meaning depends on.",
    rows: ruleSettings,
  },
  tls: {
    title: "TLS with clients",
    about:
      "Encryption between clients and the gateway; TLS with the upstream is set in its connection string.",
    rows: tlsSettings,
  },
  log: {
    title: "Log",
    about: "What is logged, and how. The log goes to standard error.",
    rows: logSettings,
  },
  upstream: {
    title: "Upstream",
    about: "The PostgreSQL behind the gateway, where secrets come from, and how sessions log in there.",
    rows: upstreamSettings,
  },
  services: {
    title: "Outside services",
    about: "What the methods need that have somebody else judge the client, and how much of it they may use.",
    rows: serviceSettings,
  },
  pool: {
    title: "Proxies and pooling",
    about: "Pooling is not built yet: its settings are known, and accept what leaves them off.",
    rows: poolSettings,
  },
  data: {
    title: "Directory and life",
    about: "What the gateway writes, how it is watched, and how it ends.",
    rows: dataSettings,
  },
};

/** A theme of settings, whose rows are in the table, too. */
export interface SettingsSection {
  readonly title: string;
  readonly about: string;
  readonly rows: ReadonlyMap<SettingName, AnySetting>;
}

/**
 * The sections of the documentation.
 *
 * A check takes the very value that its row's type gives, so a row of known type is no row of any type to the
 * compiler; `parseValue` brings the two together again.
 */
export const settingsSections: readonly SettingsSection[] = Object.values(themes).map(
  ({ title, about, rows }) => ({
    title,
    about,
    rows: new Map(Object.entries(rows) as [SettingName, AnySetting][]),
  }),
);

/** The one table of settings, in the order of the documentation. */
export const settingsTable: ReadonlyMap<SettingName, AnySetting> = new Map(
  settingsSections.flatMap(({ rows }) => Array.from(rows)),
);
