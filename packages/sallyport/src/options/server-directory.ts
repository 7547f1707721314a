import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readConf, systemDisk } from "@sallyport/gateway";
import { diagnostic, utf8Bytes, utf8Text } from "@sallyport/policy";
import type { FileSettings } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { diagnosticText } from "../output/diagnostics.ts";
import { exists } from "./directories.ts";
import { parseBool, parsePasswordEncryption } from "./policy-options.ts";

/** What the directory of a PostgreSQL server says of its files. */
export interface ServerDirectory {
  readonly hbaFile: string;
  readonly identFile: string;
  readonly version: string | null;
  readonly settings: Partial<FileSettings>;
}

/**
 * Reads `postgresql.conf`, `postgresql.auto.conf` and `PG_VERSION`. The directory may be the data directory, or
 * one that holds the configuration alone, as Debian's `/etc/postgresql/18/main` does.
 */
export async function readServerDirectory(directory: string): Promise<ServerDirectory> {
  const main = join(directory, "postgresql.conf");
  const values = await readValues(main);
  const data = resolve(directory, values.get("data_directory") ?? ".");
  const auto = join(data, "postgresql.auto.conf");
  if (await exists(auto)) for (const [name, value] of await readValues(auto)) values.set(name, value);
  const version = await readFile(join(data, "PG_VERSION"), "utf8").catch(() => null);
  const flag = (name: string): boolean => parseBool(name, values.get(name) ?? "off");
  const encryption = values.get("password_encryption");
  return {
    hbaFile: resolve(directory, values.get("hba_file") ?? join(data, "pg_hba.conf")),
    identFile: resolve(directory, values.get("ident_file") ?? join(data, "pg_ident.conf")),
    version: version && version.trim(),
    settings: {
      ssl: flag("ssl"),
      krb_caseins_users: flag("krb_caseins_users"),
      db_user_namespace: flag("db_user_namespace"),
      log_hostname: flag("log_hostname"),
      password_encryption: encryption === undefined ? null : parsePasswordEncryption(encryption),
      oauth_validator_libraries: utf8Bytes(values.get("oauth_validator_libraries") ?? ""),
    },
  };
}

async function readValues(file: string): Promise<Map<string, string>> {
  const { settings, problems } = await readConf(utf8Bytes(file), systemDisk);
  const errors = problems
    .filter(({ severity }) => severity === "error")
    .map((one) => diagnosticText(diagnostic(one)));
  if (errors.length > 0) throw new Failure(`could not read ${file}`, { excerpt: errors.join("\n") });
  return new Map(settings.map(({ name, value }) => [utf8Text(name).toLowerCase(), utf8Text(value)]));
}
