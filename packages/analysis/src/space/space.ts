import { maskOf } from "@sallyport/policy";
import type { InterfaceAddress, RoleCatalogue } from "@sallyport/policy";
import { AddressSets, noAddress } from "./address-set.ts";
import type { AddressSet } from "./address-set.ts";
import { cidrsOf } from "./cidrs.ts";
import type { Cidrs } from "./cidrs.ts";
import type { Effort } from "./effort.ts";
import { membershipOf } from "./membership.ts";
import type { Membership } from "./membership.ts";
import { longestName } from "./name-set.ts";

/** What is known of the world. Null: nothing, and then answers tell where they depend on it. */
export interface KnownWorld {
  readonly catalogue: RoleCatalogue | null;
  /** The server's addresses, for `samehost` and `samenet`. */
  readonly interfaces: readonly InterfaceAddress[] | null;
}

/** Where boxes are made and compared: one for each analysis. */
export interface Space {
  readonly known: KnownWorld;
  /** What may be done in it. */
  readonly effort: Effort;
  readonly addresses: AddressSets;
  /** Sets of addresses as people write them. */
  readonly cidrsOf: (set: AddressSet) => Cidrs;
  readonly membership: Membership | null;
  /** Null: not known. */
  readonly samehost: AddressSet | null;
  readonly samenet: AddressSet | null;
  /** How many bytes a name of a database may have; of boxes of a map those are system users. */
  readonly longestDatabase: number;
}

export function createSpace(known: KnownWorld, effort: Effort): Space {
  const addresses = new AddressSets(effort);
  const { catalogue, interfaces } = known;
  const join = (maskFor: (own: InterfaceAddress) => string): AddressSet | null =>
    interfaces &&
    interfaces.reduce<AddressSet>(
      (set, own) => addresses.or(set, addresses.network(own.ip, maskFor(own))),
      noAddress,
    );
  return {
    known,
    effort,
    addresses,
    cidrsOf: cidrsIn(addresses),
    membership: catalogue && membershipOf(catalogue),
    samehost: join(wholeMask),
    samenet: join((own) => (isUsable(own) ? (own.mask ?? "") : wholeMask(own))),
    longestDatabase: longestName,
  };
}

/** Many rules are about the same addresses. */
function cidrsIn(addresses: AddressSets): Space["cidrsOf"] {
  const known = new Map<AddressSet, Cidrs>();
  return (set) => {
    const cidrs = known.get(set) ?? cidrsOf(set, addresses);
    known.set(set, cidrs);
    return cidrs;
  };
}

function wholeMask({ ip }: InterfaceAddress): string {
  return maskOf(8 * ip.length, ip.length === 4 ? 4 : 6);
}

/** A mask that is none, of the other family or all zeros counts as the full length. */
function isUsable({ ip, mask }: InterfaceAddress): boolean {
  return mask !== null && mask.length === ip.length && !/^\0*$/.test(mask);
}
