import { readFile } from "node:fs/promises";
import { command } from "@sallyport/testkit";

/** The options of a unit file (systemd.syntax(7)), whatever section they stand in; each with all of its values. */
export type Unit = ReadonlyMap<string, readonly string[]>;

export async function readUnit(path: string): Promise<Unit> {
  const unit = new Map<string, string[]>();
  for (const line of (await readFile(path, "utf8")).split("\n")) {
    const [, name, value] = /^([A-Za-z0-9]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    unit.set(name, [...(unit.get(name) ?? []), value]);
  }
  return unit;
}

/** The value of an option that is given once. */
export function only(unit: Unit, name: string): string {
  const [value, ...more] = unit.get(name) ?? [];
  if (value === undefined || more.length > 0) throw new Error(`${name} must be given once`);
  return value;
}

/** The names of the system calls that the filters of a unit let through (systemd.exec(5), `SystemCallFilter`). */
export async function allowedSystemCalls(unit: Unit): Promise<readonly string[]> {
  const groups = await systemCallGroups();
  const allowed = new Set<string>();
  for (const filter of unit.get("SystemCallFilter") ?? []) {
    const denies = filter.startsWith("~");
    for (const name of filter.replace("~", "").split(" ")) {
      for (const call of expand(name, groups)) {
        if (denies) allowed.delete(call);
        else allowed.add(call);
      }
    }
  }
  return [...allowed];
}

async function systemCallGroups(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { stdout } = await command("systemd-analyze", ["syscall-filter"], {
    env: { ...process.env, SYSTEMD_COLORS: "0" },
  });
  const groups = new Map<string, string[]>();
  let group: string[] = [];
  for (const line of stdout.split("\n")) {
    if (line.startsWith("@")) groups.set(line.trim(), (group = []));
    else if (/^ +[@\w-]+$/.test(line)) group.push(line.trim());
  }
  return groups;
}

function expand(name: string, groups: ReadonlyMap<string, readonly string[]>): readonly string[] {
  if (!name.startsWith("@")) return [name];
  const members = groups.get(name);
  if (members === undefined) throw new Error(`there is no group ${name}`);
  return members.flatMap((member) => expand(member, groups));
}
