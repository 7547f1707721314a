import { readFile } from "node:fs/promises";

/** Some of the OS users of this machine, by the name that their number has. */
export async function systemUsers(): Promise<ReadonlyMap<string, number>> {
  const users = new Map<string, number>();
  for (const line of (await readFile("/etc/passwd", "utf8")).split("\n")) {
    const [name = "", , uid = ""] = line.split(":");
    if (uid !== "" && ![...users.values()].includes(Number(uid)) && users.size < 5)
      users.set(name, Number(uid));
  }
  return users;
}
