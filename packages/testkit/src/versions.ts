import { findBinaries } from "@sallyport/embedded";
import type { Binaries } from "@sallyport/embedded";

/** The majors that tests can start here. */
export type Major = 18;

/** The programs of a major version: the place to add others. */
export function binariesOf(major: Major): Binaries {
  const binaries = findBinaries();
  if (!binaries.version.startsWith(`${major}.`)) {
    throw new Error(`the installed ${binaries.packageName} is PostgreSQL ${binaries.version}, not ${major}`);
  }
  return binaries;
}
