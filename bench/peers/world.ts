import {
  buildScramSecret,
  encodeStartupPacket,
  formatScramSecret,
  proveScramPassword,
  toBuffer,
} from "@sallyport/wire";
import { estate } from "../decisions/estate.ts";

export const database = "bench";

/** Comes in by `trust`. */
export const guest = "guest";
/** Comes in by `scram-sha-256`. */
export const app = "app";

/** The secret of `app`, and what a client keeps of its password, so that it need not be stretched for each login. */
export interface AppSecret {
  /** As it stands in `pg_authid`, and in PgBouncer's `auth_file`. */
  readonly stored: string;
  readonly clientKey: Buffer;
  readonly storedKey: Buffer;
}

export async function appSecret(): Promise<AppSecret> {
  const password = toBuffer("a password of the benchmarks");
  // What is measured does not depend on the salt.
  const secret = await buildScramSecret(password, Buffer.alloc(16, "salt"), 4096);
  const { clientKey } = await proveScramPassword(password, secret);
  if (clientKey === null) throw new Error("a secret does not fit its own password");
  return {
    stored: formatScramSecret(secret),
    clientKey: clientKey.reveal(),
    storedKey: secret.storedKey,
  };
}

/**
 * A `pg_hba.conf` that is the same for all who are measured: rules of an estate, none of which is about this machine, and after all of
 * them the two by which the load comes in. So each login is decided by the last rules, as with a general rule behind many special ones.
 */
export function hbaText(rules: number): string {
  return `${estate(rules, 0).hba}host all ${guest} 127.0.0.1/32 trust\nhost all ${app} 127.0.0.1/32 scram-sha-256\n`;
}

/** A client of the database, without settings of its own. */
export function startupPacket(user: string): Buffer {
  return encodeStartupPacket([
    ["user", user],
    ["database", database],
  ]);
}

/** Before all rules of a PostgreSQL: by its Unix socket, the way upstream, all come in. */
export const serverOnly = "local all all trust\n";
