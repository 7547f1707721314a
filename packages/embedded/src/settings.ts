import { EmbeddedError } from "./errors.ts";

/** PostgreSQL settings by name, as `postgres -c NAME=VALUE` takes them. */
export type Settings = Readonly<Record<string, string>>;

/** What makes the server private and its files ours: not open to the caller's `settings`. */
const fixed: ReadonlySet<string> = new Set([
  "config_file",
  "data_directory",
  "external_pid_file",
  "hba_file",
  "ident_file",
  "listen_addresses",
  "logging_collector",
  "port",
  "unix_socket_directories",
  "unix_socket_group",
  "unix_socket_permissions",
]);

const settingName = /^[a-z_][a-z0-9_$]*(?:\.[a-z_][a-z0-9_$]*)*$/i;

/**
 * Checks settings that somebody typed.
 *
 * @throws {EmbeddedError} `bad_setting` for what is no name, no value, or not the caller's to change
 */
export function checkSettings(settings: Settings): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!settingName.test(name)) throw new EmbeddedError("bad_setting", `"${name}" is not a setting's name`);
    if (fixed.has(name.toLowerCase())) {
      throw new EmbeddedError("bad_setting", `setting "${name}" cannot be changed for the embedded server`, {
        hint: "It keeps the server private. Use a server of your own if you need another value.",
      });
    }
    // An argument ends at a NUL, and a line break would not survive postmaster.opts.
    if (typeof value !== "string" || /[\0\r\n]/.test(value)) {
      throw new EmbeddedError("bad_setting", `the value of setting "${name}" holds a line break or a NUL`);
    }
  }
}

/** The arguments that give a server its settings; they win over the files and over ALTER SYSTEM. */
export function settingArguments(settings: Settings): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
