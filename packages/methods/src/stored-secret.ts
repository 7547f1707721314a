import type { Bytes } from "@sallyport/policy";

/** What the catalogue says of a role's password at the moment of the login. */
export interface StoredSecret {
  readonly exists: boolean;
  /** `rolpassword`; null: none. */
  readonly secret: Bytes | null;
  /** VALID UNTIL lies before the server's clock. */
  readonly expired: boolean;
}

/** Why a secret cannot be used by any method, for the log; null: it can. */
export function unusable(role: Bytes, { exists, secret, expired }: StoredSecret): Bytes | null {
  if (!exists) return `Role "${role}" does not exist.`;
  if (secret === null || secret === "") return `User "${role}" has no password assigned.`;
  return expired ? `User "${role}" has an expired password.` : null;
}
