import type { Bytes } from "../bytes.ts";
import type { Ip } from "../ip.ts";

/** What a decision may have to ask of the world. What is absent is unknown, never assumed. */
export interface Facts {
  /**
   * Is `role` a direct or indirect member of `group`, or `group` itself? A superuser is not a member by being
   * one; a role that does not exist is a member of nothing. Undefined: not known.
   */
  readonly membership?: (role: Bytes, group: Bytes) => boolean | undefined;
  readonly hostname?: HostnameFact;
  /** Addresses of this machine's interfaces. */
  readonly interfaces?: readonly InterfaceAddress[];
}

/** What the resolver says of the client's address: its name, then the addresses of that name. */
export type HostnameFact =
  | { readonly name: null; readonly error: Bytes }
  | {
      readonly name: Bytes;
      /** Absent: not looked up yet. */
      readonly forward?: { readonly addresses: readonly Ip[] } | { readonly error: Bytes };
    };

export interface InterfaceAddress {
  readonly ip: Ip;
  /** Null, of the other family or all zeros: the full length, as the server takes it. */
  readonly mask: Ip | null;
}

/** One thing that a decision depends on and that is not known. */
export type Dependency =
  | { readonly fact: "membership"; readonly role: Bytes; readonly group: Bytes }
  /** `name` null: which name has this address; else: which addresses has this name. */
  | { readonly fact: "hostname"; readonly address: string; readonly name: Bytes | null }
  | { readonly fact: "interfaces" }
  | { readonly fact: "system_user" }
  /** Whether a regular expression matches a name that it had to be given up for. Nobody can tell. */
  | { readonly fact: "regex"; readonly pattern: Bytes; readonly name: Bytes };

/** Whether something matches: yes, no, or what one would have to know to say. */
export type Match = true | false | readonly Dependency[];

/** True if any is true, else what is unknown of them, else false. Stops at the first that is true. */
export function anyOf<T>(items: readonly T[], matches: (item: T) => Match): Match {
  let unknown: Dependency[] | null = null;
  for (const item of items) {
    const match = matches(item);
    if (match === true) return true;
    if (match === false) continue;
    unknown ??= [];
    // Not as so many arguments: a list may have more groups than there can be.
    for (const one of match) unknown.push(one);
  }
  return unknown ?? false;
}

/** Each of them once, in the order of the first times. */
export function distinctDependencies(dependencies: readonly Dependency[]): readonly Dependency[] {
  if (dependencies.length < 2) return dependencies;
  const seen = new Map(dependencies.map((one) => [JSON.stringify(one), one]));
  return [...seen.values()];
}
