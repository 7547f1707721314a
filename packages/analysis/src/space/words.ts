import type { Bytes } from "@sallyport/policy";
import { everyAddress } from "./address-set.ts";
import type { Literal } from "./atom.ts";
import type { Box } from "./box.ts";
import { laneOf, ordinary, physical } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";
import type { NameSet } from "./name-set.ts";
import type { Space } from "./space.ts";

/** A box for people: `everybody but app, to billing, from 10.20.0.0/16 over TLS`. A byte string, since names are in it. */
export function boxWords(box: Box, space: Space): Bytes {
  return [whoWords(box), targetWords(box), wayWords(box, space)].filter((words) => words !== "").join(", ");
}

function whoWords({ roles, literals }: Box): Bytes {
  const parts = [...literals.values()].flatMap(({ atom, holds }): Bytes[] => {
    if (atom.kind === "role") return [`${holds ? "matching" : "not matching"} /${atom.regex.pattern}`];
    if (atom.kind === "member") return [`${holds ? "in" : "not in"} ${nameWords(atom.group)}`];
    return [];
  });
  return withParts(roles.except ? `everybody${butWords(roles)}` : listWords(roles.names, "nobody"), parts);
}

function targetWords({ lanes, databases, literals }: Box): Bytes {
  const targets: Bytes[] = [];
  if (lanes & ordinary) {
    const parts: Bytes[] = [];
    for (const { atom, holds } of literals.values()) {
      if (atom.kind === "database")
        parts.push(`${holds ? "matching" : "not matching"} /${atom.regex.pattern}`);
      if (atom.kind === "sameuser") parts.push(`${holds ? "" : "not "}named like the role`);
      if (atom.kind === "samerole") parts.push(`${holds ? "" : "not "}named like a role that it is in`);
    }
    const names = databases.except
      ? `any database${butWords(databases)}`
      : listWords(databases.names, "none");
    targets.push(withParts(`to ${names}`, parts));
  }
  if (lanes & physical) targets.push("for physical replication");
  return targets.join(" or ");
}

function wayWords({ lanes, addresses, literals }: Box, space: Space): Bytes {
  const ways = (lanes | (lanes >> 4)) & 0b1111;
  const local = ways & 1 ? ["through a Unix-domain socket"] : [];
  if ((ways & ~1) === 0) return local.join("");
  const parts = [...literals.values()].flatMap(hostWords);
  const { only, but, cut } = space.cidrsOf(addresses);
  const networks =
    only.join(", ") + (but.length > 0 ? ` but not ${but.join(", ")}` : "") + (cut ? " ..." : "");
  const from = addresses === everyAddress ? "" : `from ${networks}`;
  const how = ways & 1 && (ways & ~1) === 0b1110 ? "by TCP" : encryptionWords(ways & ~1);
  const tcpWords = [withParts(from, parts), how].filter((words) => words !== "").join(" ");
  return [...local, tcpWords].join(" or ");
}

function encryptionWords(ways: Lanes): string {
  switch (ways) {
    case laneOf("plain", false):
      return "without encryption";
    case laneOf("ssl", false):
      return "over TLS";
    case laneOf("gss", false):
      return "with GSSAPI encryption";
    case 0b0110:
      return "without GSSAPI encryption";
    case 0b1010:
      return "without TLS";
    case 0b1100:
      return "encrypted";
    default:
      return "by TCP";
  }
}

function hostWords({ atom, holds }: Literal): Bytes[] {
  const not = holds ? "" : "not ";
  if (atom.kind === "host") {
    const end = atom.name.startsWith(".") ? "a host name that ends in " : "the host name ";
    return [`${holds ? "with" : "without"} ${end}${nameWords(atom.name)}`];
  }
  if (atom.kind === "samehost") return [`${not}from an address of the server`];
  return atom.kind === "samenet" ? [`${not}from a network of the server`] : [];
}

function withParts(words: Bytes, parts: readonly Bytes[]): Bytes {
  return [words, ...(parts.length > 0 ? [parts.join(" and ")] : [])].filter((part) => part !== "").join(" ");
}

/** More names than these are counted. */
const mostNames = 4;

function butWords({ names }: NameSet): Bytes {
  return names.size === 0 ? "" : ` but ${listWords(names, "")}`;
}

function listWords(names: ReadonlySet<Bytes>, none: string): Bytes {
  const shown = [...names].slice(0, names.size > mostNames + 1 ? mostNames : names.size).map(nameWords);
  if (names.size > shown.length) shown.push(`${names.size - shown.length} more`);
  const last = shown.pop() ?? none;
  return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}

/** A name in a sentence: quoted if it could be read as something else. */
export function nameWords(name: Bytes): Bytes {
  const isPlain = /^[\w.$@-]+$/.test(name) && !/^(?:everybody|nobody|any|all|and|but|in|not)$/.test(name);
  return isPlain ? name : `"${name}"`;
}
