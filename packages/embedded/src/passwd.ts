import { readFileSync } from "node:fs";

/** One line of passwd(5), as far as it matters here. */
export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Reads the local users. Users of a directory service are not among them, which is right for picking a helper. */
export function readPasswd(file = "/etc/passwd"): readonly PasswdEntry[] {
  return parsePasswd(readFileSync(file, "latin1"));
}

export function parsePasswd(text: string): readonly PasswdEntry[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    if (name === "" || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/**
 * The user that root can look like inside a user namespace, or undefined if passwd has none to offer.
 *
 * Never the overflow user (`nobody`): every OS user outside the namespace looks like that one to the server, and a
 * map that admits root under that name would admit them all. See user_namespaces(7), "Unmapped user and group IDs".
 */
export function namespaceUser(passwd: readonly PasswdEntry[], overflowUid: number): PasswdEntry | undefined {
  const overflowNames = new Set(
    passwd.filter((entry) => entry.uid === overflowUid).map((entry) => entry.name),
  );
  const usable = passwd.filter(
    (entry) => entry.uid !== 0 && entry.uid !== overflowUid && !overflowNames.has(entry.name),
  );
  return usable.find((entry) => entry.uid === 1) ?? usable[0];
}
