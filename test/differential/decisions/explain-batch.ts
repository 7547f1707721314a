import { Readable } from "node:stream";
import type { GeneratedAttempt } from "@sallyport/testkit";
import { main } from "../../../packages/sallyport/src/main.ts";

/** An attempt with the facts that only the outside knows; the keys of the JSON form. */
export type Asked = GeneratedAttempt & { readonly hostname?: string | null; readonly system_user?: string };

/** The part of a decision's JSON form that a comparison needs. */
export interface DecisionAnswer {
  readonly outcome: "authenticate" | "reject" | "no_entry" | "refused" | "unknown";
  readonly sqlstate: string | null;
  readonly message: string | null;
  readonly detail: string | null;
  readonly rule: {
    readonly file_name: string;
    readonly line_number: number;
    readonly auth_method: string;
  } | null;
  readonly mapping: { readonly error: string | null } | null;
  readonly then: readonly string[];
}

export type Answer = DecisionAnswer | { readonly error: string };

/** `sallyport explain --batch -`: one answer for each attempt, in order. */
export async function explainBatch(
  args: readonly string[],
  attempts: readonly Asked[],
): Promise<readonly Answer[]> {
  let stdout = "";
  let stderr = "";
  const status = await main(["explain", "--batch", "-", ...args], {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    stdin: Readable.from(attempts.map((attempt) => `${JSON.stringify(attempt)}\n`)),
    environment: {},
    clock: () => new Date(),
  });
  // Warnings are no failure: a `hostgssenc` line loads where it cannot match.
  if (status !== 0) throw new Error(`explain --batch: status ${status}: ${stderr}${stdout}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}
