import { promises } from "node:dns";
import type { ServiceRecord } from "@sallyport/methods";
import type { Bytes } from "@sallyport/policy";
import { utf8Bytes } from "@sallyport/policy";

/** Asks for the SRV records of a name. Never rejects: none, if there are none or nobody says. */
export type LookUpServices = (name: Bytes, signal: AbortSignal) => Promise<readonly ServiceRecord[]>;

/**
 * From the name servers of the system, over the network: this holds no thread. Whoever leaves ends the question.
 *
 * @param servers in place of those of the system: `127.0.0.1:53`
 */
export function serviceLookUp(servers: readonly string[] | null = null): LookUpServices {
  return async (name, signal) => {
    const resolver = new promises.Resolver({ timeout: 5000, tries: 2 });
    if (servers !== null) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const records = await resolver.resolveSrv(name);
      // The root as the host means that the service is not to be had there (RFC 2782).
      return records
        .filter((record) => record.name !== "" && record.name !== ".")
        .map(({ name, port, priority, weight }) => ({ name: utf8Bytes(name), port, priority, weight }));
    } catch {
      return [];
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}
