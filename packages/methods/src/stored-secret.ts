import { formatScramSecret, mockScramSecret, parseScramSecret, parseStoredPassword } from "@sallyport/wire";
import type { ChannelBinding, ScramSecret, StoredPassword } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";

/** What the catalogue says of a role's password at the moment of the login. */
export interface StoredSecret {
  readonly exists: boolean;
  /** `rolpassword`; null: none. */
  readonly secret: Bytes | null;
  /** Why there is none, for the log, if not because the role has none. */
  readonly noSecret?: Bytes | null;
  /** VALID UNTIL lies before the server's clock. */
  readonly expired: boolean;
}

/** A role that wants in by its password, and what stands in for the secret that it may not have. */
export interface PasswordLogin {
  /** The role of the startup packet. */
  readonly role: Bytes;
  readonly stored: StoredSecret;
  /** 32 bytes that make the salts of the mock exchange, stable for this gate. */
  readonly mockKey: Buffer;
  /** `scram_iterations` of the mock exchange, so that it looks like the others. */
  readonly iterations: number;
  readonly random: (length: number) => Buffer;
  /** What SCRAM can be bound to; null: no TLS, or a certificate without a digest. */
  readonly channelBinding: ChannelBinding | null;
  /** Whether the outcome is to have what the client proved, so that it can be passed on. */
  readonly passOn?: boolean;
}

/** A secret to hold a proof against. With a `reason` none will do: it may be a mock one, and the reason is logged. */
export type UsableSecret = StoredPassword & { readonly reason: null };

/** The role's secret, or why it has none that any method could use, for the log. */
export function usableSecret({ role, stored }: PasswordLogin): UsableSecret | { readonly reason: Bytes } {
  const { exists, secret, expired, noSecret } = stored;
  if (!exists) return { reason: `Role "${role}" does not exist.` };
  if (secret === null) return { reason: noSecret ?? `User "${role}" has no password assigned.` };
  if (expired) return { reason: `User "${role}" has an expired password.` };
  return { ...parseStoredPassword(secret), reason: null };
}

/**
 * What a role without a SCRAM secret is challenged with: to the client it looks like any other. It is written down and
 * read again, since reading a stored one takes its time, too.
 */
export function mockSecret({ role, mockKey, iterations }: PasswordLogin): ScramSecret {
  const mock = mockScramSecret(role, mockKey, iterations);
  return parseScramSecret(formatScramSecret(mock)) ?? mock;
}

export function doesNotMatch(role: Bytes): Bytes {
  return `Password does not match for user "${role}".`;
}
