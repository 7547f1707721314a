import { createHash } from "node:crypto";
import type { Random } from "@sallyport/testkit";

/** Roles that log in by TCP, each by a line of its own. */
export const tcpRoles: readonly string[] = Array.from({ length: 12 }, (_, n) => `t${n}`);
/** Roles that log in by the Unix socket, each by the map. */
export const localRoles: readonly string[] = Array.from({ length: 12 }, (_, n) => `l${n}`);

/** What a login hears, and the line of `pg_hba.conf` by which. */
export interface Verdict {
  readonly outcome: "in" | "rejected" | "failed";
  readonly line: number;
}

/** One version of a file, whole. */
export interface FileVersion {
  readonly text: string;
  readonly sha256: string;
}

export interface HbaVersion extends FileVersion {
  /** Of each role that comes by TCP. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** The line of all that come by the Unix socket. */
  readonly peerLine: number;
}

export interface IdentVersion extends FileVersion {
  readonly mapped: ReadonlySet<string>;
}

/** Rules in an order of their own, some of them `reject`, at lines of their own: any two versions differ in most. */
export function hbaVersion(r: Random): HbaVersion {
  const verdicts = new Map<string, Verdict>();
  const lines: string[] = [];
  const fill = (): void => {
    for (let n = r.below(8); n > 0; n -= 1) lines.push(`host all nobody${r.below(1e6)} 10.0.0.0/8 reject`);
  };
  for (const role of shuffled(tcpRoles, r)) {
    fill();
    const reject = r.chance(0.4);
    verdicts.set(role, { outcome: reject ? "rejected" : "in", line: lines.length + 1 });
    lines.push(`host all ${role} 127.0.0.1/32 ${reject ? "reject" : "trust"}`);
  }
  fill();
  lines.push("local all all peer map=m");
  const text = `${lines.join("\n")}\n`;
  return { text, sha256: sha256(text), verdicts, peerLine: lines.length };
}

export function identVersion(r: Random): IdentVersion {
  const mapped = localRoles.filter(() => r.chance(0.5));
  const user = "root";
  const text = [`# ${r.below(1e9)}`, ...mapped.map((role) => `m ${user} ${role}`), ""].join("\n");
  return { text, sha256: sha256(text), mapped: new Set(mapped) };
}

/** No version: neither file loads with such a line in it. */
export function brokenText(good: string, r: Random): string {
  const lines = good.split("\n");
  lines.splice(
    r.below(lines.length),
    0,
    r.pick(["nonsense", "m only", 'host "all', "include /nowhere/at-all"]),
  );
  return lines.join("\n");
}

function shuffled<T>(items: readonly T[], r: Random): T[] {
  const keyed = items.map((item) => ({ item, key: r.below(1e9) }));
  return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item);
}

export function expected(role: string, hba: HbaVersion, ident: IdentVersion): Verdict {
  return hba.verdicts.get(role) ?? { outcome: ident.mapped.has(role) ? "in" : "failed", line: hba.peerLine };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** As a reload's log line has it: of all that decides. */
export function policySha256(hba: FileVersion, ident: FileVersion): string {
  return createHash("sha256").update(hba.sha256).update(ident.sha256).digest("hex");
}
