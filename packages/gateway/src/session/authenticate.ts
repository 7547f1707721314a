import { matchedLineDetail } from "@sallyport/policy";
import type { Bytes, HbaRule } from "@sallyport/policy";
import { authenticationFailed, ServiceBusy } from "@sallyport/methods";
import type { MethodOutcome } from "@sallyport/methods";
import type { Login, MethodSurroundings } from "./methods/login.ts";
import { methodRunners } from "./methods/runners.ts";

/**
 * Runs the method of the rule that decided.
 *
 * @param tell takes note of who it is that fails, if the method knows
 * @throws {FatalError} the client could not prove who it is; the reason is in the log only
 */
export async function authenticate(
  rule: HbaRule,
  login: Login,
  surroundings: MethodSurroundings,
  tell: (identity: Bytes) => void,
): Promise<Exclude<MethodOutcome, { kind: "failed" }>> {
  const outcome = await run(rule, login, surroundings);
  if (outcome.kind !== "failed") return outcome;
  if (outcome.identity !== undefined) tell(outcome.identity);
  if ((await outcome.beforeRefusal?.()) === "gone") return { kind: "gone" };
  const matched = matchedLineDetail(rule, login.profile);
  const detail = outcome.reason === null ? matched : `${outcome.reason}\n${matched}`;
  throw authenticationFailed(rule.method, login.packet.user, detail, outcome.unlogged);
}

async function run(rule: HbaRule, login: Login, surroundings: MethodSurroundings): Promise<MethodOutcome> {
  const runner = methodRunners.get(rule.method);
  if (!runner) return { kind: "failed", reason: `Method ${rule.method} is not carried out here.` };
  try {
    return await runner(login, surroundings, rule);
  } catch (error) {
    if (!(error instanceof ServiceBusy)) throw error;
    login.log(error.message, { detail: error.detail });
    return { kind: "failed", reason: null };
  }
}
