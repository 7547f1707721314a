import type { Bytes } from "@sallyport/policy";
import type { ConnectionOptions } from "@sallyport/wire";

/**
 * Settings of sessions that a connection string, or the environment, asks for. A gateway takes none: every session has
 * its own client's settings, and the catalogue's has its own.
 */
export function sessionSettings({ parameters = [] }: ConnectionOptions): Bytes[] {
  return parameters.map(([name]) => name).filter((name) => !name.endsWith("application_name"));
}
