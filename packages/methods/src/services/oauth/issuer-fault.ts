import type { Bytes } from "@sallyport/policy";

/** An issuer cannot be asked, or answers what it must not. The message is for the log: nothing secret, printable. */
export class IssuerFault extends Error {
  override readonly name: string = "IssuerFault";
  override readonly message: Bytes;

  constructor(message: Bytes) {
    super(message);
    this.message = message;
  }
}
