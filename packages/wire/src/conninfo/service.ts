/** Connection service files: manual, "The Connection Service File". */
import type { ConninfoSurroundings } from "./options.ts";
import { readSmallFile } from "./read-file.ts";
import { readServiceText } from "./service-text.ts";
import { conninfoError } from "./values.ts";
import type { ConninfoValues } from "./values.ts";

/** Larger than any real one: no more is ever read. */
const MAX_SERVICE_FILE = 1024 * 1024;

/**
 * Adds what the service of a connection string says, where the string itself says nothing. As in libpq: the file that
 * `PGSERVICEFILE` names, else `~/.pg_service.conf`; if the service is not there, `pg_service.conf` in the system's
 * directory.
 *
 * @param values of `parseConninfo`; what comes back is for `resolveConninfo`
 * @throws {WireError} `invalid_conninfo`, in libpq's words
 */
export async function withService(
  values: ConninfoValues,
  { environment, homeDirectory, systemDirectory = null }: ConninfoSurroundings,
): Promise<ConninfoValues> {
  const service = values.get("service") ?? environment.get("PGSERVICE");
  if (service === undefined) return values;
  const named = environment.get("PGSERVICEFILE");
  const own = homeDirectory === null ? null : `${homeDirectory}/.pg_service.conf`;
  const directory = environment.get("PGSYSCONFDIR") ?? systemDirectory;
  const candidates = [
    named === undefined ? { path: own, mayBeMissing: true } : { path: named, mayBeMissing: false },
    { path: directory === null ? null : `${directory}/pg_service.conf`, mayBeMissing: true },
  ];
  for (const { path, mayBeMissing } of candidates) {
    const text = path === null ? null : await readText(path, mayBeMissing);
    const found = path === null || text === null ? null : readServiceText(text, service, path);
    // It has been looked for, and is not to be looked for once more.
    if (found !== null) return new Map([...found, ...values, ["service", ""]]);
  }
  throw conninfoError(`definition of service "${service}" not found`);
}

/** Null if it is not there, and need not be. */
async function readText(path: string, mayBeMissing: boolean): Promise<string | null> {
  const file = await readSmallFile(path, MAX_SERVICE_FILE).catch((error: unknown) => {
    const code: unknown = error instanceof Error && "code" in error ? error.code : null;
    if (mayBeMissing && (code === "ENOENT" || code === "ENOTDIR")) return null;
    throw conninfoError(`service file "${path}" not found`);
  });
  if (file?.contents === "too_large") throw conninfoError(`service file "${path}" is larger than 1 MB`);
  return file?.contents?.toString("latin1") ?? null;
}
