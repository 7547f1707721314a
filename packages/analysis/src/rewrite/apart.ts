import type { HbaRule } from "@sallyport/policy";
import { intersect } from "../space/box.ts";
import { lanesOfType } from "../space/lanes.ts";
import { boxesOfRule } from "../space/of-rule.ts";
import { pointIn } from "../space/point-in.ts";
import type { Space } from "../space/space.ts";

/** Is there no connection that both rules match, whoever is a member of what? False also where that is not certain. */
export function areApart(a: HbaRule, b: HbaRule, space: Space): boolean {
  if ((lanesOfType(a.type) & lanesOfType(b.type)) === 0 || areApartByAddress(a, b)) return true;
  if (areOtherNames(a.users, b.users) || areOtherNames(a.databases, b.databases)) return true;
  const [ofA, ofB] = [boxesOfRule(a, space), boxesOfRule(b, space)];
  // Of one that has too many of them there are none.
  if (space.effort.isSpent) return false;
  return ofA.every((one) =>
    ofB.every((other) => {
      const common = intersect(one, other, space);
      return common === null || pointIn(common, space) === null;
    }),
  );
}

function areApartByAddress({ address: a }: HbaRule, { address: b }: HbaRule): boolean {
  if (a?.kind !== "network" || b?.kind !== "network") return false;
  if (a.ip.length !== b.ip.length) return true;
  for (let at = 0; at < a.ip.length; at += 1) {
    const both = a.mask.charCodeAt(at) & b.mask.charCodeAt(at);
    if (((a.ip.charCodeAt(at) ^ b.ip.charCodeAt(at)) & both) !== 0) return true;
  }
  return false;
}

type Names = readonly { readonly kind: string; readonly name?: string }[];

/** Names that mean themselves on both sides, and none that is on both. */
function areOtherNames(a: Names, b: Names): boolean {
  const isLiteral = ({ kind }: Names[number]): boolean => kind === "literal";
  if (!a.every(isLiteral) || !b.every(isLiteral)) return false;
  const [one] = a;
  if (a.length === 1 && b.length === 1) return one?.name !== b[0]?.name;
  const names = new Set(a.map(({ name }) => name));
  return !b.some(({ name }) => names.has(name));
}
