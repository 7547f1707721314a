import type { Policy } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import type { PolicyOptions } from "./policy-options.ts";
import { readTarget, targetDiagnostics } from "./target.ts";

/** The policy of the files that the options name. One that would not run is a failure; what it runs in spite of goes to standard error. */
export async function readUsablePolicy(options: PolicyOptions, io: Io): Promise<Policy> {
  const target = await readTarget(options, io);
  const { policy } = target.reading;
  if (!policy || target.refused.length > 0) {
    throw new Failure("the files cannot be used", { excerpt: targetDiagnostics(target).join("\n") });
  }
  for (const text of targetDiagnostics(target)) io.stderr(`${text}\n`);
  return policy;
}
