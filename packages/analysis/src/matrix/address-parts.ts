import type { Bytes } from "@sallyport/policy";
import type { AddressClass } from "./networks.ts";

/** The addresses of a network, without those of some within it. */
export interface AddressPart {
  readonly network: Bytes;
  readonly except: readonly Bytes[];
}

/**
 * Some of the classes of addresses, in as few networks as they have.
 *
 * @param all of them, each behind the one around it
 */
export function partsOf(some: ReadonlySet<AddressClass>, all: readonly AddressClass[]): AddressPart[] {
  const parts = new Map<AddressClass, { readonly network: Bytes; readonly except: Bytes[] }>();
  for (const one of all) {
    const around = one.parent && some.has(one.parent) ? parts.get(one.parent) : undefined;
    if (!some.has(one)) around?.except.push(one.network.text);
    else parts.set(one, around ?? { network: one.network.text, except: [] });
  }
  return [...new Set(parts.values())];
}
