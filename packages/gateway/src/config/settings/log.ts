import type { Bytes } from "@sallyport/policy";
import { parseLinePrefix } from "../../log/line-prefix.ts";
import type { MessageLevel } from "../../log/severity.ts";
import { messageLevels } from "../../log/severity.ts";
import { readLogConnections, readLogDestination } from "../lists.ts";
import type { ConnectionLogAspect, LogDestination } from "../lists.ts";
import type { SettingRows } from "../setting.ts";

/** What is logged, and how. */
export interface LogSettings {
  readonly log_connections: readonly ConnectionLogAspect[];
  readonly log_disconnections: boolean;
  readonly log_destination: readonly LogDestination[];
  readonly log_line_prefix: Bytes;
  readonly log_min_messages: MessageLevel;
}

export const logSettings: SettingRows<LogSettings> = {
  log_connections: {
    type: "list",
    read: readLogConnections,
    default: "",
    context: "sighup",
    whose: "postgresql",
    description:
      "Which stages of a connection are logged: receipt, authentication, authorization, setup_durations, all, or on.",
  },
  log_disconnections: {
    type: "bool",
    default: "off",
    context: "sighup",
    whose: "postgresql",
    description: "Log the end of each session and how long it was.",
  },
  log_destination: {
    type: "list",
    read: readLogDestination,
    default: "stderr",
    only: { value: "stderr", reason: "other destinations are not supported by this build" },
    context: "sighup",
    whose: "postgresql",
    description: "The format of the log, which goes to standard error.",
  },
  log_line_prefix: {
    type: "string",
    default: "%m [%p] ",
    context: "sighup",
    whose: "postgresql",
    description:
      "What each line of the log begins with; %a %b %c %d %e %h %l %m %n %p %q %r %s %t %u are filled in.",
    check: (text) => {
      const prefix = parseLinePrefix(text);
      return "error" in prefix ? prefix.error : null;
    },
  },
  log_min_messages: {
    type: "enum",
    values: messageLevels,
    aliases: { debug: "debug2" },
    default: "warning",
    context: "sighup",
    whose: "postgresql",
    description: "The least severity that is logged; log counts as more severe than error.",
  },
};
