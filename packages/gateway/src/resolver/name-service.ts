import { ADDRCONFIG, promises, V4MAPPED } from "node:dns";
import { parseIpv4, parseIpv6 } from "@sallyport/policy";
import type { Bytes, Ip } from "@sallyport/policy";
import { failureOf, lookUpFailure } from "./look-up-failure.ts";
import type { LookUpFailure } from "./look-up-failure.ts";

/** The two questions about names. Neither answer ever rejects. */
export interface NameService {
  /** The name of a numeric address, which may have a zone. */
  readonly nameOf: (address: string) => Promise<NameAnswer>;
  /** The addresses of a name, in both families. */
  readonly addressesOf: (name: Bytes) => Promise<AddressesAnswer>;
}

export type NameAnswer = { readonly name: Bytes } | { readonly failure: LookUpFailure };

export type AddressesAnswer = { readonly addresses: readonly Ip[] } | { readonly failure: LookUpFailure };

/**
 * The resolver of the system (getnameinfo(3) and getaddrinfo(3), so nsswitch.conf, /etc/hosts and DNS), asked as
 * PostgreSQL asks it. Each question holds one of the threads of Node until the system answers, and cannot be stopped.
 */
export const systemNames: NameService = {
  nameOf: async (address) => {
    try {
      const { hostname } = await promises.lookupService(address, 0);
      return { name: hostname };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  },

  addressesOf: async (name) => {
    // Node would ask for another name, the IDNA form of this one.
    if (!/^[\x21-\x7e]+$/.test(name)) return { failure: lookUpFailure("EAI_NONAME") };
    try {
      // What the C library does when it is given no hints.
      const found = await promises.lookup(name, { all: true, hints: ADDRCONFIG | V4MAPPED });
      return { addresses: found.flatMap(({ address }) => parseIpv4(address) ?? parseIpv6(address) ?? []) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  },
};
