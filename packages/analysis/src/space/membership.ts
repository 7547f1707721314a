import type { Bytes, RoleCatalogue } from "@sallyport/policy";

/** Who is in which group, as a catalogue says. What it lacks does not exist, and is in none. */
export interface Membership {
  /** The groups of a role, itself among them. */
  readonly groupsOf: (role: Bytes) => ReadonlySet<Bytes>;
  readonly membersOf: (group: Bytes) => ReadonlySet<Bytes>;
  readonly roles: readonly Bytes[];
}

/** Answers are kept: with many roles each of them takes long to find. */
export function membershipOf(catalogue: RoleCatalogue): Membership {
  const roles = [...catalogue.roles.keys()];
  const upward = new Map<Bytes, ReadonlySet<Bytes>>();
  const downward = new Map<Bytes, Set<Bytes>>();
  const groupsOf = (role: Bytes): ReadonlySet<Bytes> => {
    const known = upward.get(role);
    if (known) return known;
    const groups = groupsIn(catalogue, role);
    upward.set(role, groups);
    return groups;
  };
  const membersOf = (group: Bytes): ReadonlySet<Bytes> => {
    if (downward.size === 0) {
      for (const role of roles) {
        for (const one of groupsOf(role)) {
          const members = downward.get(one);
          if (members) members.add(role);
          else downward.set(one, new Set([role]));
        }
      }
    }
    return downward.get(group) ?? noRoles;
  };
  return { groupsOf, membersOf, roles };
}

const noRoles: ReadonlySet<Bytes> = new Set();

/** As `isCatalogueMember` has it: a role is in itself, and what does not exist is in nothing. */
function groupsIn({ roles }: RoleCatalogue, role: Bytes): ReadonlySet<Bytes> {
  const seen = new Set(roles.has(role) ? [role] : []);
  // The set grows while it is walked.
  for (const name of seen) {
    for (const group of roles.get(name)?.memberOf ?? []) if (roles.has(group)) seen.add(group);
  }
  return seen;
}
