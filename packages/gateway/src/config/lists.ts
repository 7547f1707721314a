import type { Bytes } from "@sallyport/policy";
import { asciiLower } from "@sallyport/policy";
import type { LogDestination } from "../log/logger.ts";
import type { Parsed } from "./setting.ts";

const blanks = "[ \\t\\n\\v\\f\\r]*";
const quoted = '"((?:[^"]|"")*)"';
const word = '([^", \\t\\n\\v\\f\\r][^, \\t\\n\\v\\f\\r]*)';
const wordWithBlanks = '([^", \\t\\n\\v\\f\\r][^,]*)';

/** Elements separated by commas, bare or in double quotes with `""` for a quote. Null: not such a list. */
function split(text: Bytes, bare: string): Bytes[] | null {
  if (new RegExp(`^${blanks}$`).test(text)) return [];
  const element = new RegExp(`${blanks}(?:${quoted}|${bare})${blanks}(,|$)`, "y");
  const items: Bytes[] = [];
  for (;;) {
    const found = element.exec(text);
    if (!found) return null;
    items.push(found[1]?.replaceAll('""', '"') ?? found[2]?.replace(/[ \t\n\v\f\r]+$/, "") ?? "");
    if (found[3] === "") return items;
  }
}

/** A list of names, as `listen_addresses` is one. */
export function readNames(text: Bytes): Parsed<readonly Bytes[]> {
  const value = split(text, word);
  return value === null ? { detail: "List syntax is invalid." } : { value };
}

/** A list of directories, whose bare names may have blanks inside. */
export function readDirectories(text: Bytes): Parsed<readonly Bytes[]> {
  const value = split(text, wordWithBlanks);
  return value === null || value.includes("") ? { detail: "List syntax is invalid." } : { value };
}

const destinations: readonly LogDestination[] = ["stderr", "jsonlog"];

/** Those that a server has and this build has not. */
const otherDestinations: ReadonlySet<Bytes> = new Set(["csvlog", "syslog"]);

export function readLogDestination(text: Bytes): Parsed<readonly LogDestination[]> {
  const names = split(text, word);
  if (names === null) return { detail: "List syntax is invalid." };
  const value: LogDestination[] = [];
  for (const name of names) {
    const lower = asciiLower(name);
    if (otherDestinations.has(lower)) return otherDestination(lower);
    const destination = destinations.find((each) => each === lower);
    if (destination === undefined) return { detail: `Unrecognized key word: "${name}".` };
    value.push(destination);
  }
  return { value };
}

function otherDestination(name: Bytes): Parsed<never> {
  return {
    detail: `Log destination "${name}" is not supported by this build.`,
    hint: "The log goes to standard error, as stderr, as jsonlog, or as both.",
  };
}

/** What is logged of the way in of a connection (PostgreSQL 18). */
export type ConnectionLogAspect = "receipt" | "authentication" | "authorization" | "setup_durations";

const aspects: readonly ConnectionLogAspect[] = [
  "receipt",
  "authentication",
  "authorization",
  "setup_durations",
];

/** What servers before 18 could only be told as a whole; longer or shorter spellings are not understood. */
const wholes: Readonly<Record<string, readonly ConnectionLogAspect[]>> = {
  on: aspects.slice(0, 3),
  true: aspects.slice(0, 3),
  yes: aspects.slice(0, 3),
  "1": aspects.slice(0, 3),
  off: [],
  false: [],
  no: [],
  "0": [],
};

export function readLogConnections(text: Bytes): Parsed<readonly ConnectionLogAspect[]> {
  const words = split(text, word);
  if (words === null) return { detail: 'Invalid list syntax in parameter "log_connections".' };
  const lower = words.map(asciiLower);
  const [first] = lower;
  const whole = first !== undefined && Object.hasOwn(wholes, first) ? wholes[first] : undefined;
  if (whole && lower.length === 1) return { value: whole };
  const chosen = new Set<ConnectionLogAspect>();
  for (const name of lower) {
    if (Object.hasOwn(wholes, name)) {
      const only = `Cannot specify log_connections option "${name}" in a list with other options.`;
      return { detail: only };
    }
    const found = name === "all" ? aspects : aspects.filter((aspect) => aspect === name);
    if (found.length === 0) return { detail: `Invalid option "${name}".` };
    for (const aspect of found) chosen.add(aspect);
  }
  return { value: aspects.filter((aspect) => chosen.has(aspect)) };
}
