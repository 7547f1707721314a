import { methodFailure } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { FatalError } from "@sallyport/wire";

/**
 * The upstream does not take what the client has proved: to the client that is a wrong password, in PostgreSQL's words,
 * whatever the upstream said.
 */
export class ProofRefused extends FatalError {
  override readonly name: string = "ProofRefused";
  /** The upstream's secret is another one than what the proof is for; it has got none. */
  readonly secretDiffers: boolean;

  constructor(user: Bytes, secretDiffers: boolean, logDetail: Bytes, cause: unknown) {
    const { message, sqlstate } = methodFailure("password", user);
    super(sqlstate, message, { logDetail, cause });
    this.secretDiffers = secretDiffers;
  }
}
