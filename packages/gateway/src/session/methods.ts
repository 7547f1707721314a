import { randomBytes } from "node:crypto";
import { matchedLineDetail } from "@sallyport/policy";
import type { HbaRule } from "@sallyport/policy";
import { authenticationFailed, scramSha256 } from "@sallyport/methods";
import type { Exchange, MethodOutcome } from "@sallyport/methods";
import type { StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../catalog/catalog.ts";
import type { Settings } from "../config/index.ts";

/** What the methods need besides the conversation. */
export interface MethodSurroundings {
  readonly settings: Settings;
  readonly nodeKey: Buffer;
}

type RunMethod = (
  exchange: Exchange,
  packet: StartupPacket,
  row: LoginRow,
  surroundings: MethodSurroundings,
) => Promise<MethodOutcome>;

/** How each method of the enforcement set is carried out; `reject` never gets here. */
export const methodRunners: ReadonlyMap<HbaRule["method"], RunMethod> = new Map<HbaRule["method"], RunMethod>(
  [
    ["trust", async () => await Promise.resolve({ kind: "proved", identity: null, last: null })],
    [
      "scram-sha-256",
      async (exchange, { user }, row, { settings, nodeKey }) =>
        await scramSha256(exchange, {
          role: user,
          stored: row,
          mockKey: nodeKey,
          iterations: settings.scram_iterations,
          random: randomBytes,
        }),
    ],
  ],
);

/**
 * Runs the method of the rule that decided.
 *
 * @throws {FatalError} the client could not prove who it is; the reason is in the log detail only
 */
export async function authenticate(
  rule: HbaRule,
  exchange: Exchange,
  packet: StartupPacket,
  row: LoginRow,
  surroundings: MethodSurroundings,
): Promise<Exclude<MethodOutcome, { kind: "failed" }>> {
  const run = methodRunners.get(rule.method);
  if (!run)
    throw authenticationFailed(rule.method, packet.user, `Method ${rule.method} is not carried out here.`);
  const outcome = await run(exchange, packet, row, surroundings);
  if (outcome.kind !== "failed") return outcome;
  const matched = matchedLineDetail(rule);
  const detail = outcome.reason === null ? matched : `${outcome.reason}\n${matched}`;
  throw authenticationFailed(rule.method, packet.user, detail);
}
