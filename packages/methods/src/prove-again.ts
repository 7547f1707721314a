import { normalizePassword, parseStoredPassword, Proof, proveScramPassword } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { StoredSecret } from "./stored-secret.ts";

/**
 * What a password proves of a SCRAM secret that is another one by now: the role may have set its password anew, to the
 * same or with other iterations, since it was asked for it. Null: nothing. Without the password there is nothing to
 * prove: a proof by SCRAM is of one secret.
 *
 * @throws {WireError} as `proveScramPassword`
 */
export async function proveAgain(
  proof: Proof,
  role: Bytes,
  { exists, secret, expired }: StoredSecret,
  signal: AbortSignal,
): Promise<Proof | null> {
  const password = proof.password()?.reveal() ?? null;
  if (!exists || expired || secret === null || password === null) return null;
  const stored = parseStoredPassword(secret);
  if (stored.kind !== "scram-sha-256") return null;
  const given = normalizePassword(password);
  const { clientKey } = await proveScramPassword(given, stored.secret, { signal, role });
  return clientKey && new Proof({ scram: { secret: stored.secret, clientKey }, password });
}
