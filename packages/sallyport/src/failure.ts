/** What a command could not do, for people: `sallyport: error: …` with DETAIL and HINT, and its exit status. */
export class Failure extends Error {
  override readonly name: string = "Failure";
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** A line of a file with a caret under the place. */
  readonly excerpt: string | undefined;
  /** 2 for usage and for what could not be done, 1 for "no". */
  readonly status: 1 | 2;

  constructor(message: string, more: FailureDetails = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.detail = more.detail;
    this.hint = more.hint;
    this.excerpt = more.excerpt;
    this.status = more.status ?? 2;
  }
}

export interface FailureDetails {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly excerpt?: string | undefined;
  readonly status?: 1 | 2;
  readonly cause?: unknown;
}

/** The text of a failure on standard error. */
export function failureText(failure: Failure): string {
  const lines = [`sallyport: error: ${failure.message}`];
  if (failure.excerpt !== undefined) lines.push(failure.excerpt);
  if (failure.detail !== undefined) lines.push(`DETAIL:  ${failure.detail}`);
  if (failure.hint !== undefined) lines.push(`HINT:  ${failure.hint}`);
  return `${lines.join("\n")}\n`;
}
