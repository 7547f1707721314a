import { checkMap, matchedLineDetail } from "@sallyport/policy";
import type { Bytes, HbaRule, Policy } from "@sallyport/policy";
import { authenticationFailed, certificateName, noUserName } from "@sallyport/methods";
import type { CertificateNames } from "@sallyport/methods";
import { FatalError } from "@sallyport/wire";
import type { LoginRow } from "../catalog/catalog.ts";
import type { Log } from "../log/index.ts";
import type { TlsSession } from "../tls/tls-session.ts";
import { membershipOf } from "./membership.ts";

/**
 * What a rule with `clientcert` asks for before its method, or its rejection, is looked at (manual, 20.1): a certificate that TLS has
 * found good. One that it has not found good has ended the connection before.
 *
 * @throws {FatalError}
 */
export function requireCertificate({ options }: HbaRule, tls: TlsSession | null): void {
  if (options.clientcert === undefined) return;
  if (tls?.checksCertificates !== true) {
    const message = "client certificates can only be checked if a root certificate store is available";
    throw new FatalError("F0000", message);
  }
  if (tls.certificate === null)
    throw new FatalError("28000", "connection requires a valid client certificate");
}

/** The names of a certificate that has been found good. Null: there is none. */
export function namesOf(tls: TlsSession | null): CertificateNames | null {
  return tls?.certificate != null && "distinguishedName" in tls.certificate ? tls.certificate : null;
}

/**
 * `clientcert=verify-full` beside another method: its name must be the role, too, when the method has been passed.
 *
 * @throws {FatalError} the method's own failure; that the certificate was the reason is in the log only
 */
export function admitCertificate(
  policy: Policy,
  rule: HbaRule,
  role: Bytes,
  tls: TlsSession | null,
  row: LoginRow,
  log: Log,
): void {
  const { clientcert, clientname = "CN" } = rule.options;
  if (clientcert !== "verify-full" || rule.method === "cert") return;
  const names = namesOf(tls);
  const name = names && certificateName(names, clientname);
  if (name === null) log.log("LOG", noUserName(role));
  else {
    const { matched, error } = checkMap(policy, rule, role, name, { membership: membershipOf(row) });
    if (matched === true) return;
    if (error !== null) log.log("LOG", error);
    const what = `certificate validation (clientcert=verify-full) failed for user "${role}"`;
    log.log("LOG", `${what}: ${clientname} mismatch`);
  }
  throw authenticationFailed(rule.method, role, matchedLineDetail(rule, policy.profile));
}
