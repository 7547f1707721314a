import type { IssuerSurroundings } from "@sallyport/methods";
import { formatIp } from "@sallyport/policy";
import type { Resolver } from "../../resolver/index.ts";

/** Many logins may wait for one answer about an issuer: the look-up is no client's in particular. */
const source = "OAuth issuers";

/** Looks up the hosts of issuers as everything else is looked up: in its turn, so that a silent name server holds one thread. */
export function issuerAddresses(resolver: Resolver): IssuerSurroundings["addressesOf"] {
  return async (host, signal) => {
    const answer = await resolver.addressesOf(host, { signal, source });
    return "failure" in answer
      ? { failure: answer.failure.words }
      : { addresses: answer.addresses.map(formatIp) };
  };
}
