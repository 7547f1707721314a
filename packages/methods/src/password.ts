import { normalizePassword, verifyMd5Password, verifyScramPassword, WireError } from "@sallyport/wire";
import type { ScramSecret } from "@sallyport/wire";
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
  const reason = await whyNot(given, login, signal);
  return reason === null ? { kind: "proved", identity: login.role, last: null } : { kind: "failed", reason };
}

/** Null: it is the password. */
async function whyNot(given: Bytes, login: PasswordLogin, signal: AbortSignal): Promise<Bytes | null> {
  const mock = mockSecret(login); // made in any case, since making it takes its time
  const secret = usableSecret(login);
  const scram = secret.reason === null && secret.kind === "scram-sha-256" ? secret.secret : mock;
  const derived = await derive(given, scram, login.role, signal);
  if (secret.reason !== null) return secret.reason;
  switch (secret.kind) {
    case "scram-sha-256":
      if (derived === true) return null;
      return derived === false ? doesNotMatch(login.role) : derived.tooSlow;
    case "md5":
      return verifyMd5Password(given, login.role, secret.digest) ? null : doesNotMatch(login.role);
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
): Promise<boolean | { readonly tooSlow: Bytes }> {
  try {
    return await verifyScramPassword(normalizePassword(given), secret, { signal, role });
  } catch (error) {
    if (error instanceof WireError && error.code === "not_supported") return { tooSlow: `${error.message}.` };
    throw error;
  }
}
