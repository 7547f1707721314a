import type { Bytes } from "@sallyport/policy";
import { readNetworks } from "../networks.ts";
import type { IntegerSetting, SettingRows } from "../setting.ts";

/** Sessions upstream that serve one client after the other, and proxies before the gateway. */
export interface PoolSettings {
  readonly pool_mode: "off" | "session";
  /** 0: as many as the upstream takes; like the next. */
  readonly pool_size: number;
  readonly pool_size_per_role: number;
  /** Seconds, like the other times here; 0: no limit. */
  readonly pool_idle_timeout: number;
  readonly pool_max_age: number;
  readonly pool_wait_timeout: number;
  readonly lazy_upstream: boolean;
  /** Addresses and networks. */
  readonly proxy_protocol_from: readonly Bytes[];
}

const common = { context: "sighup", whose: "sallyport" } as const;

export const poolSettings: SettingRows<PoolSettings> = {
  pool_mode: {
    type: "enum",
    values: ["off", "session"],
    default: "session",
    context: "postmaster",
    whose: "sallyport",
    description:
      "Whether a session upstream is used again: `session` gives it to the next client of its role, database and startup parameters when its client has left it at rest (docs/pooling.md). Each client is authenticated all the same.",
  },
  pool_size: count(
    "The most sessions upstream with `pool_mode = session`, used or not; 0: as many as `max_connections`.",
  ),
  pool_size_per_role: count("The most sessions upstream of one role in one database, likewise."),
  pool_idle_timeout: seconds("60", "How long an unused session upstream is kept; 0: until it is too old."),
  pool_max_age: seconds(
    "3600",
    "The age at which a session upstream is closed instead of used again; 0: none is too old.",
  ),
  pool_wait_timeout: seconds(
    "10",
    "How long a login waits for a session upstream when `pool_size` or `pool_size_per_role` are used up; 0: as long as `authentication_timeout` allows.",
  ),
  lazy_upstream: {
    ...common,
    type: "bool",
    default: "off",
    description:
      "Whether a session upstream is opened only when the client asks for something, if the catalogue says that it would be let in, and a session like it is open. Needs `pool_mode = session`.",
  },
  proxy_protocol_from: {
    ...common,
    type: "list",
    of: "IP addresses and networks",
    read: readNetworks,
    default: "",
    description:
      "Proxies that say by the PROXY protocol (version 1 or 2) whom they connect, and whose word on it is taken. Each connection from there must begin with such a header; from elsewhere, and by Unix sockets, none is looked at.",
  },
};

function count(description: string): IntegerSetting {
  return { ...common, type: "integer", min: 0, max: 262_143, default: "0", description };
}

function seconds(byDefault: string, description: string): IntegerSetting {
  return {
    ...common,
    type: "integer",
    unit: "s",
    min: 0,
    max: 2_147_483,
    default: byDefault,
    description,
  };
}
