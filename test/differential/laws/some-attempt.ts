import { parseIpv4, utf8Bytes } from "@sallyport/policy";
import type { Attempt, Facts, ProfileOptions } from "@sallyport/policy";
import { decisionAttempt, decisionRules, loopbackAddress, mapFiles, roleNames } from "@sallyport/testkit";
import type { Random, Tree } from "@sallyport/testkit";

/** Rules and maps, as some version with some settings reads them. */
export function someProfile(r: Random): ProfileOptions {
  return {
    version: r.pick(["10", "13", "14", "15.2", "160004", "18", "18", "19"]),
    without: r.pick([[], [], ["ssl"], ["gssapi"]]),
    settings: { log_hostname: r.chance(0.2), db_user_namespace: r.chance(0.2), ssl: r.chance(0.8) },
  };
}

export function treeOf(r: Random): Tree {
  const lines = r.pick([1 + r.below(30), 10 + r.below(400)]);
  const admits = r.pick(["trust", "ident", "ident map=m", "ident map=n"]);
  const maps = new Map(mapFiles(r, roleNames));
  maps.delete("pg_hba.conf");
  return new Map([...decisionRules(r, { lines, hostNames: r.chance(0.5), admits }), ...maps]);
}

export function attemptOf(r: Random): Attempt {
  const addresses = [
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:127.0.0.1",
    "10.1.2.3",
    loopbackAddress(r),
    loopbackAddress(r),
  ];
  const { user, database, ...rest } = decisionAttempt(r, addresses);
  return {
    ...rest,
    user: utf8Bytes(user),
    ...(database !== undefined && { database: utf8Bytes(database) }),
    gssenc: rest.address !== null && r.chance(0.1),
    ...(r.chance(0.7) && {
      systemUser: utf8Bytes(r.chance(0.5) ? user : (roleNames[r.below(roleNames.length)] ?? user)),
    }),
  };
}

/** Each of them known or not; a membership may be known of some groups only. */
export function factsOf(r: Random): Facts {
  const salt = r.below(1000);
  const knows = r.pick([0, 2, 3, 3]);
  const own = parseIpv4("127.0.0.1") ?? "";
  const hostname = r.pick<Facts["hostname"]>([
    undefined,
    { name: null, error: "Name or service not known" },
    { name: "localhost" },
    { name: "localhost", forward: { addresses: [own] } },
    { name: "a.localdomain", forward: { error: "No address associated with hostname" } },
  ]);
  return {
    ...(knows > 0 && {
      membership: (role: string, group: string) =>
        [undefined, role === group, true, false][(salt + role.length * 7 + group.length * 3) % (knows + 1)],
    }),
    ...(hostname && { hostname }),
    ...(r.chance(0.5) && { interfaces: [{ ip: own, mask: r.pick(["\u00ff\0\0\0", null, "\0\0\0\0"]) }] }),
  };
}
