import type { Bytes } from "@sallyport/policy";
import { parseMetricsAddress } from "../../metrics/metrics-address.ts";
import type { SettingRows } from "../setting.ts";

/** The gateway's own directory and life. */
export interface DataSettings {
  /** Full path. */
  readonly data_directory: Bytes;
  readonly config_watch: boolean;
  /** Seconds. */
  readonly shutdown_timeout: number;
  /** `ADDRESS:PORT`; empty: none. */
  readonly metrics_address: Bytes;
}

export const dataSettings: SettingRows<DataSettings> = {
  data_directory: {
    type: "string",
    path: true,
    default: ".",
    context: "postmaster",
    whose: "postgresql",
    description:
      "Directory of what the gateway writes: lock and pid file, control socket, node.key, embedded cluster. The gate directory itself may be read-only if this is another one.",
    check: (path) => (path === "" ? { detail: "A directory name is needed." } : null),
  },
  config_watch: {
    type: "bool",
    default: "off",
    context: "sighup",
    whose: "sallyport",
    description: "Whether a file that changes is reloaded by itself, a second or two later.",
  },
  shutdown_timeout: {
    type: "integer",
    unit: "s",
    min: 0,
    max: 2_147_483,
    default: "25s",
    context: "sighup",
    whose: "sallyport",
    description: "How long a smart shutdown (SIGTERM) waits for sessions to end; then it is a fast one.",
  },
  metrics_address: {
    type: "string",
    default: "",
    context: "postmaster",
    whose: "sallyport",
    description:
      "Address and port of /metrics, /livez and /readyz, which everybody may read who can reach them; empty: none.",
    check: (text) => {
      if (text === "") return null;
      const parsed = parseMetricsAddress(text);
      return "port" in parsed ? null : parsed;
    },
  },
};
