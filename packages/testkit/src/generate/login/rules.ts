import { ipv4Spelling, randomRule } from "../decision-rules.ts";
import { certificateNamesForMaps } from "./certificates.ts";
import { loginDoors } from "./doors.ts";
import type { Door } from "./doors.ts";
import { mapFiles } from "../map-files.ts";
import type { Random } from "../random.ts";
import type { Tree, TreeEntry } from "../tree.ts";
import { columnsLine, fileOf, oneOf, word } from "../word.ts";

/** Databases that have a way in of their own over the Unix socket; all others ask for a password. */
export const peerDatabases = { postgres: "peer", shop: "peer map=door", staff: "ident map=m" } as const;

const methods = ["trust", "reject", "password", "md5", "scram-sha-256"] as const;

/**
 * Both files of a server in which every method has its door, with their lines spelled in many ways.
 *
 * @param noise how many lines about some role or database stand before the doors, and take some of their clients
 */
export function loginRules(
  r: Random,
  { noise, systemUsers }: { readonly noise: number; readonly systemUsers: readonly string[] },
): Tree {
  const some = (count: number): string[] => Array.from({ length: count }, () => randomRule(r, methodOf(r)));
  const included = r.below(noise + 1);
  const rules = [
    ...(noise > 0 ? ["include more.conf"] : []),
    ...some(noise - included),
    ...doors(r, noise > 0),
  ];
  const maps = mapFiles(r, [...systemUsers, ...certificateNamesForMaps]);
  const own = [
    "door root all",
    "door daemon +company",
    "door daemon daemon",
    "door bin bob",
    'door bin "all"',
    "shown alice bob",
    'shown "CN=alice,OU=Testing,O=PGDG" bob',
    String.raw`shown "/^CN=(\w+)(,C=DE)?$" \1`,
  ];
  const idents = r.chance(0.5) ? [...own, "include generated.conf"] : ["include generated.conf", ...own];
  return new Map<string, TreeEntry>([
    [
      "list",
      file(
        fileOf(
          r,
          r.many(1, 3, () => word(r, oneOf(r, ["alice", "zoë", "jean luc", "+readers"]))),
        ),
      ),
    ],
    ["more.conf", file(fileOf(r, some(included)))],
    ["more_maps.conf", maps.get("more_maps.conf") ?? file("")],
    ["generated.conf", maps.get("pg_ident.conf") ?? file("")],
    ["pg_hba.conf", file(fileOf(r, rules))],
    ["pg_ident.conf", file(fileOf(r, idents))],
  ]);
}

function methodOf(r: Random): (type: string) => string {
  const maps = ["", "", " map=m", " map=n", ' map="m 3"', " map=", " map=door", " map=shown"] as const;
  const names = ["", "", " clientname=CN", " clientname=DN"] as const;
  const wants = ["", " clientcert=verify-ca", " clientcert=verify-full"] as const;
  return (type) => {
    if (type === "local" && r.chance(0.4)) return r.pick(["peer", "peer", "ident", '"peer"']) + r.pick(maps);
    if (type !== "hostssl") return word(r, r.pick(methods));
    if (r.chance(0.3)) return word(r, "cert") + r.pick(names) + r.pick(maps);
    return word(r, r.pick(methods)) + r.pick(wants) + r.pick(names);
  };
}

/** The lines that take all who come: those over TCP by where they come from, those over the socket by where to. */
function doors(r: Random, varied: boolean): string[] {
  const users = (): string => (varied && r.chance(0.2) ? r.pick(["all,@list", "@list,all"]) : "all");
  const anyType = (): string =>
    varied ? r.pick(["host", "host", "host", "hostnossl", "hostnogssenc", "hostssl"]) : "host";
  const everybody = (method: string, address: readonly string[] = [], type = anyType()): string =>
    columnsLine(r, [
      address.length > 0 ? type : "local",
      r.pick(["all,replication", "replication,all"]),
      users(),
      ...address,
      method,
    ]);
  const network = (number: number): string[] => {
    const address = ipv4Spelling(r, `127.0.${number}.0`);
    return r.chance(0.7) ? [`${address}/24`] : [address, r.pick(["255.255.255.0", "0xffffff00"])];
  };
  const password = (): string => word(r, r.pick(["password", "md5", "scram-sha-256", "scram-sha-256"]));
  const door = ({ network: number, type, method }: Door): string[] => {
    if (method === undefined) return [];
    const [name = "", ...options] = method.split(" ");
    return [everybody([word(r, name), ...options].join(" "), network(number), type)];
  };
  return [
    ...Object.values(loginDoors).flatMap(door),
    ...Object.entries(peerDatabases).map(([database, method]) =>
      columnsLine(r, ["local", word(r, database), "all", method]),
    ),
    everybody(password()),
    everybody(password(), [r.pick(["::1/128", "::/0", "::1/96"])]),
    everybody(password(), ["127.0.0.0/24"]),
    everybody(password(), ["samehost"]),
  ];
}

function file(bytes: string): TreeEntry {
  return { kind: "file", bytes, readable: true };
}
