import type { Bytes } from "@sallyport/policy";
import type { MethodLog } from "./method-log.ts";
import type { MethodOutcome } from "./outcome.ts";

/** The names in a client's certificate that has been found good. */
export interface CertificateNames {
  /** The first CN, as it is stored; null: there is none. */
  readonly commonName: Bytes | null;
  /** The subject, as RFC 2253 writes it. */
  readonly distinguishedName: Bytes;
}

export interface CertLogin {
  /** The role of the startup packet. */
  readonly role: Bytes;
  readonly names: CertificateNames;
  /** Which of them is held against the role: the rule's `clientname`. */
  readonly clientname: "CN" | "DN";
  readonly log: MethodLog;
}

/**
 * The method `cert` (manual, 20.12): TLS has proved whose certificate it is, and nothing is asked. Who the client is to the log is the
 * whole subject, whichever name counts.
 */
export function cert({ role, names, clientname, log }: CertLogin): MethodOutcome {
  const systemUser = certificateName(names, clientname);
  if (systemUser === null) {
    log(noUserName(role));
    return { kind: "failed", reason: null };
  }
  return { kind: "proved", identity: names.distinguishedName, systemUser, last: null };
}

/** Null: it is empty, or not there. */
export function certificateName(names: CertificateNames, clientname: "CN" | "DN"): Bytes | null {
  const name = clientname === "DN" ? names.distinguishedName : names.commonName;
  return name === "" ? null : name;
}

/** For the log: the certificate has not the name that counts. */
export function noUserName(role: Bytes): Bytes {
  return `certificate authentication failed for user "${role}": client certificate contains no user name`;
}
