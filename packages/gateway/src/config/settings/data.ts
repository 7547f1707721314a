import type { Bytes } from "@sallyport/policy";
import type { SettingRows } from "../setting.ts";

/** The gateway's own directory and life. */
export interface DataSettings {
  /** Full path. */
  readonly data_directory: Bytes;
  readonly config_watch: boolean;
  /** Seconds. */
  readonly shutdown_timeout: number;
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
      "Directory of the lock and pid file, the control socket and node.key; by default the gate directory.",
    check: (path) => (path === "" ? { detail: "A directory name is needed." } : null),
  },
  config_watch: {
    type: "bool",
    default: "off",
    only: { value: "off", reason: "watching the files is not supported by this build" },
    context: "sighup",
    whose: "sallyport",
    description: "Reload when a file changes.",
  },
  shutdown_timeout: {
    type: "integer",
    unit: "s",
    min: 0,
    max: 2_147_483,
    default: "25s",
    context: "sighup",
    whose: "sallyport",
    description: "How long a smart shutdown waits for sessions to end.",
  },
  metrics_address: {
    type: "string",
    default: "",
    only: { value: "", reason: "metrics are not supported by this build" },
    context: "postmaster",
    whose: "sallyport",
    description: "Address and port of /metrics, /livez and /readyz; empty: none.",
  },
};
