import { utf8Text } from "@sallyport/policy";
import type { Json } from "@sallyport/policy";
import type { Literal } from "./atom.ts";
import type { Box } from "./box.ts";
import { laneOf, ordinary, physical, tcp, transports } from "./lanes.ts";
import type { NameSet } from "./name-set.ts";
import type { Space } from "./space.ts";

/**
 * A box for programs: `transports` of `local`, `plain`, `ssl` and `gss`; `replication`: is it about physical replication, about all
 * else, or both (null); sets of names and addresses as lists of what is in them or, with `except`, of what is not; and what else is
 * asked. Addresses are null where only sockets are meant, databases where only physical replication is.
 */
export function boxJson({ lanes, roles, databases, addresses, literals }: Box, space: Space): Json {
  const { only, but, cut } = space.cidrsOf(addresses);
  const both = lanes | (lanes >> 4);
  return {
    transports: transports.filter((transport) => both & laneOf(transport, false)),
    replication: (lanes & ordinary) === 0 ? true : (lanes & physical) === 0 ? false : null,
    users: namesJson(roles),
    databases: lanes & ordinary ? namesJson(databases) : null,
    addresses: lanes & tcp ? { only, except: but, more: cut } : null,
    conditions: [...literals.values()].map(literalJson),
  };
}

function namesJson({ except, names }: NameSet): Json {
  return { [except ? "except" : "only"]: [...names].map(utf8Text) };
}

function literalJson({ atom, holds }: Literal): Json {
  switch (atom.kind) {
    case "member":
      return { condition: "member", of: utf8Text(atom.group), holds };
    case "role":
      return { condition: "user_regex", of: utf8Text(atom.regex.pattern), holds };
    case "database":
      return { condition: "database_regex", of: utf8Text(atom.regex.pattern), holds };
    case "host":
      return { condition: "hostname", of: utf8Text(atom.name), holds };
    case "sameuser":
    case "samerole":
    case "samehost":
    case "samenet":
      return { condition: atom.kind, of: null, holds };
  }
}
