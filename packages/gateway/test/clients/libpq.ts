import { join } from "node:path";
import { binariesOf } from "@sallyport/testkit";

/** Debian's client programs themselves: those in /usr/bin are a script that chooses among clusters. */
export const debianPrograms = "/usr/lib/postgresql/15/bin";

/** A build of libpq that Debian's programs can run on. */
export interface Libpq {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

export const libpq15: Libpq = { name: "libpq 15", environment: {} };

/** What the embedded PostgreSQL ships. Same file name, so that the loader takes it in place of Debian's. */
export const libpq18: Libpq = {
  name: "libpq 18",
  environment: { LD_LIBRARY_PATH: join(binariesOf(18).native, "lib") },
};
