import type { Policy } from "@sallyport/policy";

/** Why a policy cannot be analysed. */
export type AnalysisErrorCode = "db_user_namespace";

/** What analysis does not answer about, rather than guess. */
export class AnalysisError extends Error {
  override readonly name: string = "AnalysisError";
  readonly code: AnalysisErrorCode;

  constructor(code: AnalysisErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Throws `AnalysisError` if the setting is on under which the role that a client names is not the one that comes in. */
export function mustBeAnalysable({ profile: { dialect, settings } }: Policy): void {
  if (!dialect.userNamespaces || !settings.db_user_namespace) return;
  throw new AnalysisError(
    "db_user_namespace",
    "a policy cannot be analysed while db_user_namespace is on: each role then is one of a database",
  );
}
