import { normalizePassword, Proof, proveScramPassword, verifyMd5Password, WireError } from "@sallyport/wire";
import type { ProofParts, ProvedPassword, ScramSecret } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { Exchange } from "./exchange.ts";
import type { MethodOutcome } from "./outcome.ts";
import { receivePassword } from "./receive-password.ts";
import { doesNotMatch, mockSecret, usableSecret } from "./stored-secret.ts";
import type { PasswordLogin } from "./stored-secret.ts";

/**
 * The method `password` (manual, 20.5): the password in clear text, held against the stored secret of either kind.
 * Whatever the role has, one password is derived by SCRAM's slow function, so that the time tells nothing of it.
 */
export async function password(
  exchange: Exchange,
  login: PasswordLogin,
  signal: AbortSignal,
): Promise<MethodOutcome> {
  exchange.request({ kind: "cleartext_password" });
  const given = await receivePassword(exchange);
  if (given === null) return { kind: "gone" };
  const verdict = await judge(given, login, signal);
  if (typeof verdict === "string") return { kind: "failed", reason: verdict };
  const proof = new Proof({ ...verdict, password: given });
  if (login.passOn !== true) proof.wipe();
  return {
    kind: "proved",
    identity: login.role,
    last: null,
    proof: login.passOn === true ? proof : undefined,
  };
}

/**
 * The same where the gateway knows no secret: what the client sent is its whole proof, and not judged. Which roles there
 * are cannot be told from it.
 */
export async function unjudgedPassword(exchange: Exchange, role: Bytes): Promise<MethodOutcome> {
  exchange.request({ kind: "cleartext_password" });
  const given = await receivePassword(exchange);
  if (given === null) return { kind: "gone" };
  const proof = new Proof({ password: given });
  return { kind: "proved", identity: role, last: null, proof, unjudged: true };
}

/** What the password proves beside itself; or, for the log, why it is not the role's. */
async function judge(given: Bytes, login: PasswordLogin, signal: AbortSignal): Promise<ProofParts | Bytes> {
  const mock = mockSecret(login); // made in any case, since making it takes its time
  const secret = usableSecret(login);
  const scram = secret.reason === null && secret.kind === "scram-sha-256" ? secret.secret : mock;
  const derived = await derive(given, scram, login.role, signal);
  if (secret.reason !== null) return secret.reason;
  switch (secret.kind) {
    case "scram-sha-256": {
      if ("tooSlow" in derived) return derived.tooSlow;
      if (!derived.proved) return doesNotMatch(login.role);
      const { clientKey } = derived;
      return { scram: clientKey && { secret: secret.secret, clientKey } };
    }
    case "md5":
      return verifyMd5Password(given, login.role, secret.digest)
        ? { md5Digest: secret.digest }
        : doesNotMatch(login.role);
    case "plaintext":
      return `Password of user "${login.role}" is in unrecognized format.`;
  }
}

/** Is it the password behind the secret? Or would it take too long to find out. */
async function derive(
  given: Bytes,
  secret: ScramSecret,
  role: Bytes,
  signal: AbortSignal,
): Promise<ProvedPassword | { readonly tooSlow: Bytes }> {
  try {
    return await proveScramPassword(normalizePassword(given), secret, { signal, role });
  } catch (error) {
    if (error instanceof WireError && error.code === "not_supported") return { tooSlow: `${error.message}.` };
    throw error;
  }
}
