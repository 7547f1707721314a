import { createRequire } from "node:module";
import { dirname } from "node:path";
import { binariesIn, findBinaries } from "@sallyport/embedded";
import type { Binaries } from "@sallyport/embedded";

/** The majors that tests can start here. */
export type Major = 15 | 18;

/** The programs of a major version: the place to add others. */
export function binariesOf(major: Major): Binaries {
  const binaries = major === 18 ? findBinaries() : findPostgres15();
  if (!binaries.version.startsWith(`${major}.`)) {
    throw new Error(`the installed ${binaries.packageName} is PostgreSQL ${binaries.version}, not ${major}`);
  }
  return binaries;
}

/** The embedded server's package once more, in another version and so under another name. */
function findPostgres15(): Binaries {
  const require = createRequire(import.meta.url);
  return binariesIn("postgres-15", dirname(dirname(require.resolve("postgres-15"))));
}
