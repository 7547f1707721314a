import { matchedLineDetail } from "@sallyport/policy";
import type { HbaRule } from "@sallyport/policy";
import { authenticationFailed, ServiceBusy } from "@sallyport/methods";
import type { MethodOutcome } from "@sallyport/methods";
import type { Login, MethodSurroundings } from "./methods/login.ts";
import { methodRunners } from "./methods/runners.ts";

/**
 * Runs the method of the rule that decided.
 *
 * @throws {FatalError} the client could not prove who it is; the reason is in the log only
 */
export async function authenticate(
  rule: HbaRule,
  login: Login,
  surroundings: MethodSurroundings,
): Promise<Exclude<MethodOutcome, { kind: "failed" }>> {
  const outcome = await run(rule, login, surroundings);
  if (outcome.kind !== "failed") return outcome;
  const matched = matchedLineDetail(rule, login.profile);
  const detail = outcome.reason === null ? matched : `${outcome.reason}\n${matched}`;
  throw authenticationFailed(rule.method, login.packet.user, detail);
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
