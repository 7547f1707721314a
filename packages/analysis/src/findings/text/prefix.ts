import { prefixOf } from "@sallyport/policy";
import type { Ip } from "@sallyport/policy";

const known = new Map<Ip, number | null>();
/** Of every prefix of both families, and some masks that are none. */
const mostKnown = 1000;

/** How many leading bits a mask has; null if it has others too. Large files ask for the same few again and again. */
export function prefixLength(mask: Ip): number | null {
  const found = known.get(mask);
  if (found !== undefined) return found;
  const prefix = prefixOf(mask);
  if (known.size < mostKnown) known.set(mask, prefix);
  return prefix;
}
