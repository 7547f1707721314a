import type { Bytes } from "@sallyport/policy";
import { noAddress } from "./address-set.ts";
import type { Box } from "./box.ts";
import { hostNameFor } from "./host-names.ts";
import { firstLane, ordinary, physical, tcp } from "./lanes.ts";
import { notDecided } from "./not-decided.ts";
import type { NotDecided } from "./not-decided.ts";
import { findPair, findRole } from "./pair-search.ts";
import type { Point } from "./point.ts";
import type { Space } from "./space.ts";

/** A connection of the box; null: it is empty. Exact, unless an expression is asked that is no automaton. */
export function pointIn(box: Box, space: Space): Point | null | NotDecided {
  let { lanes } = box;
  const way = lanes & tcp ? wayOf(box, space) : null;
  if (!way) lanes &= ~tcp;
  let undecided = false;
  for (const group of [ordinary, physical]) {
    const lane = firstLane(lanes & group);
    if (!lane) continue;
    const pair = group === ordinary ? findPair(box, space) : findRole(box);
    if (pair === notDecided) undecided = true;
    else if (pair) {
      const isLocal = lane.transport === "local";
      return { ...lane, ...pair, ...(way && !isLocal ? way : nowhere) };
    }
  }
  return undecided ? notDecided : null;
}

type Way = Pick<Point, "address" | "hostname" | "near">;

const nowhere: Way = { address: null, hostname: null, near: null };

/** Where a client of the box may come from by TCP; null: from nowhere. */
function wayOf({ addresses, literals }: Box, space: Space): Way | null {
  if (addresses === noAddress) return null;
  const fits: Bytes[] = [];
  const misses: Bytes[] = [];
  let [samehost, samenet]: (boolean | undefined)[] = [];
  for (const { atom, holds } of literals.values()) {
    if (atom.kind === "host") (holds ? fits : misses).push(atom.name);
    else if (atom.kind === "samehost") samehost = holds;
    else if (atom.kind === "samenet") samenet = holds;
  }
  // The server itself is in its network.
  if (samehost === true && samenet === false) return null;
  const hostname = hostNameFor(fits, misses);
  if (hostname === undefined) return null;
  const address = space.addresses.example(addresses);
  const near = samehost === true ? "samehost" : samenet === true ? "samenet" : null;
  return address === null ? null : { address, hostname, near };
}
