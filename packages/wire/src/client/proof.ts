/** What a client of a gateway has proved, handed on so that the gateway can log in elsewhere in its name. */
import { Secret } from "../secret.ts";
import type { SecretBytes } from "../secret.ts";
import type { ProvedScram } from "../scram/client.ts";
import type { ScramSecret } from "../scram/secret.ts";

export interface ProofParts {
  /** By SCRAM, or by a password that was held against a SCRAM secret. The key is wiped with the proof. */
  readonly scram?: { readonly secret: ScramSecret; readonly clientKey: SecretBytes } | null;
  /** 32 digits of a stored MD5 password whose challenge was answered. */
  readonly md5Digest?: string | null;
  /** In clear, as it was sent. */
  readonly password?: string | null;
}

/**
 * One client's, for one login: nothing of it shows in `inspect`, JSON or a template string, and it is of no use once it
 * has been wiped. A password in clear is a string, which can be forgotten and not overwritten.
 */
export class Proof {
  #scram: ProofParts["scram"];
  #md5Digest: Secret | null;
  #password: Secret | null;

  constructor({ scram, md5Digest = null, password = null }: ProofParts) {
    this.#scram = scram;
    this.#md5Digest = md5Digest === null ? null : new Secret(md5Digest);
    this.#password = password === null ? null : new Secret(password);
  }

  /** What it can be used for: two of the same kinds log in by the same means. */
  get kinds(): readonly ("scram" | "md5" | "password")[] {
    return [
      ...(this.#scram ? (["scram"] as const) : []),
      ...(this.#md5Digest ? (["md5"] as const) : []),
      ...(this.#password ? (["password"] as const) : []),
    ];
  }

  /** Null: none of that kind; as of the others. */
  scram(): ProvedScram | null {
    return this.#scram ? { secret: this.#scram.secret, clientKey: this.#scram.clientKey.reveal() } : null;
  }

  md5Digest(): Secret | null {
    return this.#md5Digest;
  }

  password(): Secret | null {
    return this.#password;
  }

  wipe(): void {
    this.#scram?.clientKey.wipe();
    this.#scram = null;
    this.#md5Digest = null;
    this.#password = null;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }
}
