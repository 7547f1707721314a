import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { utf8Bytes, utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { abortError } from "@sallyport/wire";

/** Looks up the host of an issuer: its addresses, or why there are none. Throws the signal's reason, and nothing else. */
export type AddressesOf = (
  host: Bytes,
  signal: AbortSignal,
) => Promise<{ readonly addresses: readonly string[] } | { readonly failure: Bytes }>;

/**
 * What a request asks in place of `dns.lookup`, which would hold one of Node's few threads for each question, and all of
 * them while a name server is silent. Only addresses come from here: `Host`, SNI and the check of the certificate keep to
 * the name.
 */
export function lookUpBy(addressesOf: AddressesOf, signal: AbortSignal): LookupFunction {
  return (host, { all = false }, answer) => {
    const look = async (): Promise<void> => {
      let addresses: readonly [LookupAddress, ...LookupAddress[]];
      try {
        addresses = await addressesFor(host, addressesOf, signal);
      } catch (error) {
        answer(error instanceof Error ? error : abortError(signal), "");
        return;
      }
      const [{ address, family }] = addresses;
      if (all) answer(null, [...addresses]);
      else answer(null, address, family);
    };
    void look();
  };
}

async function addressesFor(
  host: string,
  addressesOf: AddressesOf,
  signal: AbortSignal,
): Promise<readonly [LookupAddress, ...LookupAddress[]]> {
  const found = await addressesOf(utf8Bytes(host), signal);
  if ("failure" in found) throw noAddress(found.failure);
  const [first, ...more] = found.addresses.map((address) => ({ address, family: isIP(address) }));
  if (first === undefined) throw noAddress("No address associated with hostname");
  return [first, ...more];
}

function noAddress(failure: Bytes): Error {
  return new Error(`could not translate its host name to address: ${utf8Text(failure)}`);
}
