import type { Bytes } from "@sallyport/policy";
import { readNetworks } from "../networks.ts";
import type { BoolSetting, IntegerSetting, SettingRows } from "../setting.ts";

/** Proxies before the gateway, and a room that is not built yet: pooling. */
export interface PoolSettings {
  readonly pool_mode: "off" | "session";
  readonly pool_size: number;
  readonly pool_size_per_role: number;
  /** Seconds, like the other times here. */
  readonly pool_idle_timeout: number;
  readonly pool_max_age: number;
  readonly pool_wait_timeout: number;
  readonly lazy_upstream: boolean;
  /** Addresses and networks. */
  readonly proxy_protocol_from: readonly Bytes[];
}

const pooling = "pooling is not supported by this build";
const common = { context: "sighup", whose: "sallyport" } as const;

export const poolSettings: SettingRows<PoolSettings> = {
  pool_mode: {
    type: "enum",
    values: ["off", "session"],
    default: "off",
    only: { value: "off", reason: pooling },
    context: "postmaster",
    whose: "sallyport",
    description: "Whether a session upstream is used again by the next client of its role and database.",
  },
  pool_size: count(pooling, "The most sessions upstream."),
  pool_size_per_role: count(pooling, "The most sessions upstream of one role."),
  pool_idle_timeout: seconds("How long an unused session upstream is kept."),
  pool_max_age: seconds("The age at which a session upstream is closed instead of used again."),
  pool_wait_timeout: seconds("How long a login waits for a session upstream."),
  lazy_upstream: flag(
    pooling,
    "Whether the session upstream is opened only when the client asks for something.",
  ),
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

function count(reason: string, description: string): IntegerSetting {
  return {
    ...common,
    type: "integer",
    min: 0,
    max: 262_143,
    default: "0",
    only: { value: "0", reason },
    description,
  };
}

function seconds(description: string): IntegerSetting {
  return { ...count(pooling, description), unit: "s", max: 2_147_483 };
}

function flag(reason: string, description: string): BoolSetting {
  return { ...common, type: "bool", default: "off", only: { value: "off", reason }, description };
}
