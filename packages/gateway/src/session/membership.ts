import type { Facts } from "@sallyport/policy";
import type { LoginRow } from "../catalog/catalog.ts";

/** Of the role that logs in, and of no other: nobody asks about another one. */
export function membershipOf({ memberOf }: LoginRow): NonNullable<Facts["membership"]> {
  return (_, group) => memberOf.has(group);
}
