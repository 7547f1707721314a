import { FatalError, ServerError } from "@sallyport/wire";

/** What a PostgreSQL says that lets nobody in for now. */
const serverWords: ReadonlySet<string> = new Set([
  "the database system is starting up",
  "the database system is not yet accepting connections",
  "the database system is shutting down",
  "the database system is in recovery mode",
]);

/**
 * 57P03, in the upstream's own words if it said one of PostgreSQL's: no other text of it goes to somebody who has not
 * been let in there.
 */
export function notAccepting(logDetail: string, cause: unknown): FatalError {
  const said = cause instanceof ServerError && cause.code === "57P03" ? cause.message : "";
  const message = serverWords.has(said) ? said : "the database system is not accepting connections";
  return new FatalError("57P03", message, { logDetail, cause });
}
