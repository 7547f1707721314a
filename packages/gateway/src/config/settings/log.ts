import type { Bytes } from "@sallyport/policy";
import { parseLinePrefix } from "../../log/line-prefix.ts";
import type { LogDestination } from "../../log/logger.ts";
import type { MessageLevel } from "../../log/severity.ts";
import { messageLevels } from "../../log/severity.ts";
import { readLogConnections, readLogDestination } from "../lists.ts";
import type { ConnectionLogAspect } from "../lists.ts";
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
    of: "receipt, authentication, authorization, setup_durations",
    read: readLogConnections,
    default: "",
    context: "sighup",
    whose: "postgresql",
    description:
      "Which stages of a connection are logged. Alone may stand all, on (the first three) and off.",
  },
  log_disconnections: {
    type: "bool",
    default: "off",
    context: "sighup",
    whose: "postgresql",
    description: "Whether the end of each session is logged, with its length.",
  },
  log_destination: {
    type: "list",
    of: "stderr, jsonlog",
    read: readLogDestination,
    default: "stderr",
    context: "sighup",
    whose: "postgresql",
    description:
      "The forms of the log: lines, JSON (an object a line, with PostgreSQL's keys), or each message in both. All go to standard error; empty: nothing is logged.",
    refuses: "csvlog and syslog are not supported by this build.",
  },
  log_line_prefix: {
    type: "string",
    default: "%m [%p] ",
    context: "sighup",
    whose: "postgresql",
    description:
      "What each line of the form stderr begins with; PostgreSQL's escapes are filled in: %a %b %c %d %e %h %l %m %n %p %q %r %s %t %u.",
    refuses: "Any other escape is an error: a gateway has no value for it.",
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
    description:
      "The least severity that is logged. As in a server, log counts here as more severe than error.",
  },
};
