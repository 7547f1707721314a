import type { Bytes, HbaRule } from "@sallyport/policy";

/** What the other system reports of a client that a map of this rule sees under this name: with a realm, where it is cut off. */
export function rawSystemUser({ method, options }: HbaRule, name: Bytes): Bytes {
  const isCut = (method === "gss" || method === "sspi") && options.includeRealm !== true;
  return isCut && options.krbRealm ? `${name}@${options.krbRealm}` : name;
}
