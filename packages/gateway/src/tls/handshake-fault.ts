import type { Bytes } from "@sallyport/policy";
import type { TlsConfiguration } from "./read-tls.ts";
import type { HandshakeFailure } from "./tls-server.ts";

/** What the log hears of a connection that ends before anybody has said who he is. */
export interface LoggedFault {
  readonly message: Bytes;
  readonly sqlstate: string;
  readonly detail?: Bytes | undefined;
  readonly hint?: Bytes | undefined;
}

/** A handshake that failed, in a server's words. */
export function handshakeFault(
  { message, ofVersions }: HandshakeFailure,
  { versions: { oldest, newest } }: TlsConfiguration,
): LoggedFault {
  const hint = `This may indicate that the client does not support any SSL protocol version between ${oldest} and ${newest}.`;
  return {
    message: `could not accept SSL connection: ${message}`,
    sqlstate: "08P01",
    ...(ofVersions && { hint }),
  };
}
