import { matchedLineDetail } from "@sallyport/policy";
import type { HbaRule, ServerProfile } from "@sallyport/policy";
import { proveAgain } from "@sallyport/methods";
import type { MethodOutcome } from "@sallyport/methods";
import { WireError } from "@sallyport/wire";
import type { ConnectionOptions, OpenedSession, Proof, StartupPacket } from "@sallyport/wire";
import type { LoginRow, LookUp } from "../catalog/catalog.ts";
import type { Settings } from "../config/index.ts";
import type { UpstreamAccess } from "../upstream/access.ts";
import { ProofRefused } from "../upstream/proof-refused.ts";
import { openUpstream } from "../upstream/upstream.ts";

/** Somebody whom rule, method and map have let in. */
export interface Entrant {
  readonly rule: HbaRule;
  readonly profile: ServerProfile;
  readonly packet: StartupPacket;
  readonly row: LoginRow;
  /** Asks the catalogue again. */
  readonly lookUp: LookUp;
  readonly outcome: Extract<MethodOutcome, { kind: "proved" }>;
}

/**
 * Opens the session of a role upstream, with what `upstream_auth` says. If the upstream's secret is another one than what
 * the client's proof is for, the secret is read once more: it may have been changed this moment, and a password in clear
 * serves for the new one, too.
 *
 * @throws as `openUpstream`
 */
export async function openFor(
  entrant: Entrant,
  { upstream, settings }: { readonly upstream: ConnectionOptions; readonly settings: Settings },
  signal: AbortSignal,
): Promise<OpenedSession> {
  const { packet, outcome } = entrant;
  const open = async (access: UpstreamAccess): Promise<OpenedSession> =>
    await openUpstream(upstream, packet, access, signal);
  const { proof = null } = outcome;
  try {
    return await open(accessOf(entrant, settings));
  } catch (error) {
    if (!(error instanceof ProofRefused && error.secretDiffers && proof !== null)) throw error;
    const row = await entrant.lookUp(signal);
    const again = await provenAgain(proof, entrant, row, signal);
    if (again === null) throw secretDiffers(error, entrant, row, settings);
    try {
      return await open(accessBy(again, entrant));
    } finally {
      again.wipe();
    }
  }
}

/** With what the session of the role logs in. */
export function accessOf(entrant: Entrant, { upstream_auth }: Settings): UpstreamAccess {
  return upstream_auth === "service" ? { kind: "service" } : accessBy(entrant.outcome.proof ?? null, entrant);
}

function accessBy(proof: Proof | null, { rule, profile, outcome }: Entrant): UpstreamAccess {
  const { method } = rule;
  const line = matchedLineDetail(rule, profile);
  return { kind: "passthrough", proof, unjudged: outcome.unjudged === true, line, method };
}

/** Null: the secret is the same as before, or nothing proves the new one. */
async function provenAgain(
  proof: Proof,
  { packet, row: before }: Entrant,
  row: LoginRow,
  signal: AbortSignal,
): Promise<Proof | null> {
  if (row.secret === before.secret) return null;
  try {
    return await proveAgain(proof, packet.user, row, signal);
  } catch (error) {
    if (error instanceof WireError && error.code === "not_supported") return null;
    throw error;
  }
}

function secretDiffers(
  refused: ProofRefused,
  { packet: { user }, row: before }: Entrant,
  row: LoginRow,
  { auth_source }: Settings,
): ProofRefused {
  const what =
    row.secret === before.secret
      ? `The secret of role "${user}" from auth_source=${auth_source} is not the upstream's.`
      : `The secret of role "${user}" was changed during this login.`;
  return new ProofRefused(user, true, `${what}\n${refused.logDetail ?? ""}`, refused);
}
