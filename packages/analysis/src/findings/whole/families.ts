import { inPassing } from "@sallyport/policy";
import type { Field, HbaRule, Ip } from "@sallyport/policy";
import type { FindingSource } from "../source.ts";
import { prefixLength } from "../text/prefix.ts";

/** What lines for the same databases and users are for. */
interface Opened {
  /** The first line that lets in all of a family, and its loopback. */
  readonly first: Map<Range, HbaRule>;
  /** A line for every address. */
  all: boolean;
  /** A line for the machine itself, such as `samehost`. */
  host: boolean;
}

type Range = "all4" | "all6" | "loopback4" | "loopback6";

/** Their beginnings, by their lengths: those that are written for a loopback. */
const loopbacks: ReadonlyMap<number, readonly [ip: Ip, range: Range]> = new Map([
  [32, ["\x7f\0\0\x01", "loopback4"]],
  [8, ["\x7f\0\0\0", "loopback4"]],
  [128, [`${"\0".repeat(15)}\x01`, "loopback6"]],
]);

/** All of IPv4 without all of IPv6, or a loopback without the other one, or the reverse. */
export const findOneFamily: FindingSource = ({ hba }, say) => {
  if (!hba.loads) return;
  const columns = new Map<string, Opened>();
  for (const rule of inPassing(hba.rules)) {
    if (rule.method === "reject" || !rule.address) continue;
    const range = rangeOf(rule);
    if (range === null) continue;
    const key = `${keyOf(rule.columns.database)} ${keyOf(rule.columns.user)}`;
    const opened = columns.get(key) ?? { first: new Map(), all: false, host: false };
    columns.set(key, opened);
    if (range === "all") opened.all = true;
    else if (range === "host") opened.host = true;
    else if (!opened.first.has(range)) opened.first.set(range, rule);
  }
  for (const { first, all, host } of columns.values()) {
    if (all) continue;
    for (const [range, rule] of first) {
      const family = range.endsWith("4") ? 4 : 6;
      const other = family === 4 ? 6 : 4;
      const isLoopback = range.startsWith("loopback");
      if (first.has(`all${other}`)) continue;
      if (isLoopback && (host || first.has(`loopback${other}`))) continue;
      const missing = isLoopback
        ? other === 6
          ? "::1/128"
          : "127.0.0.1/32"
        : other === 6
          ? "::/0"
          : "0.0.0.0/0";
      const message = `this is for IPv${family} alone: no line for the same databases and users has ${missing}`;
      say("one-family", rule.columns.address ?? rule.columns.type, message);
    }
  }
};

function rangeOf({ address }: HbaRule): Range | "all" | "host" | null {
  switch (address?.kind) {
    case "all":
      return "all";
    case "samehost":
      return "host";
    case "hostname":
      return address.name === "localhost" ? "host" : null;
    case "network": {
      const prefix = prefixLength(address.mask);
      if (prefix === null) return null;
      if (prefix === 0) return address.ip.length === 4 ? "all4" : "all6";
      const [ip, range] = loopbacks.get(prefix) ?? [];
      return ip === address.ip ? (range ?? null) : null;
    }
    default:
      return null;
  }
}

function keyOf(field: Field): string {
  return JSON.stringify(field.map(({ text, quoted }) => [text, quoted]));
}
