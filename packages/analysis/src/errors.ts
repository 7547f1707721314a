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

/** Not while the setting is on under which the role that a client names is not the one that comes in. */
export function isAnalysable({ profile: { dialect, settings } }: Policy): boolean {
  return !dialect.userNamespaces || !settings.db_user_namespace;
}

/** Throws `AnalysisError` for a policy that is not. */
export function mustBeAnalysable(policy: Policy): void {
  if (isAnalysable(policy)) return;
  throw new AnalysisError(
    "db_user_namespace",
    "a policy cannot be analysed while db_user_namespace is on: each role then is one of a database",
  );
}
