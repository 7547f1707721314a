import { Proof, verifyMd5Response } from "@sallyport/wire";
import type { Exchange } from "./exchange.ts";
import type { MethodOutcome } from "./outcome.ts";
import { receivePassword } from "./receive-password.ts";
import { scramSha256 } from "./scram-sha-256.ts";
import { doesNotMatch, usableSecret } from "./stored-secret.ts";
import type { PasswordLogin } from "./stored-secret.ts";

export interface Md5Login extends PasswordLogin {
  /** The exchange of roles that have no secret. */
  readonly passwordEncryption: "md5" | "scram-sha-256";
}

/** What the response of a role without an MD5 secret is held against, so that it takes as long. */
const noDigest = "0".repeat(32);

/**
 * The method `md5` (manual, 20.5): MD5 for whoever has an MD5 secret, SCRAM-SHA-256 for the others. A role without
 * a secret is asked for what `password_encryption` would have stored, and fails.
 */
export async function md5(exchange: Exchange, login: Md5Login): Promise<MethodOutcome> {
  const secret = usableSecret(login);
  const asked = secret.reason === null ? secret.kind : login.passwordEncryption;
  if (asked !== "md5") return await scramSha256(exchange, login);

  const salt = login.random(4);
  exchange.request({ kind: "md5_password", salt });
  const response = await receivePassword(exchange);
  if (response === null) return { kind: "gone" };
  const digest = secret.reason === null && secret.kind === "md5" ? secret.digest : noDigest;
  const proved = verifyMd5Response(response, digest, salt);
  if (secret.reason !== null) return { kind: "failed", reason: secret.reason };
  if (!proved) return { kind: "failed", reason: doesNotMatch(login.role) };
  const proof = login.passOn === true ? new Proof({ md5Digest: digest }) : undefined;
  return { kind: "proved", identity: login.role, last: null, proof };
}
