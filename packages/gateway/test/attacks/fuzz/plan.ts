import type { Random } from "@sallyport/testkit";
import {
  encodeCancelRequest,
  encodeGssencRequest,
  encodePasswordMessage,
  encodeQuery,
  encodeSslRequest,
  encodeStartupPacket,
  encodeTerminate,
} from "@sallyport/wire";
import type { Ending, Line } from "../conversation.ts";
import { loginLines } from "../lines.ts";
import { changed, someChange } from "./change.ts";
import type { Change } from "./change.ts";

/** Rules with every method; the same for both servers. */
export const hba = `host all intern  all reject
host all guest   all trust
host all plain   all password
host all old,late_old all md5
host replication all all scram-sha-256
host private,shop,nowhere,app all all scram-sha-256
`;

export const statements: readonly string[] = [
  "create role guest login",
  "create role intern login",
  "create role bare login",
  "create role plain login password 'plain-secret'",
  "create role late login password 'late-secret' valid until '2020-01-01'",
  "create role nologin password 'nologin-secret'",
  "create role walker login replication password 'walker-secret'",
  "create database private",
  "revoke connect on database private from public",
  "set password_encryption = 'md5'",
  "create role old login password 'old-secret'",
  "create role late_old login password 'late_old-secret' valid until '2020-01-01'",
];

/** Who comes in most is met most. */
const known = ["app", "app", "plain", "old"] as const;
const others = ["guest", "intern", "bare", "late", "late_old", "nologin", "walker", "ghost", ""] as const;
const databases = ["private", "nowhere", "app", "", "elsewhere"] as const;
type Pair<T> = readonly [T, T];
const versions: readonly [Pair<number>, ...Pair<number>[]] = [
  [3, 2],
  [3, 1],
  [3, 9],
  [2, 0],
  [4, 0],
  [0, 0],
  [1234, 5681],
];
const parameters: readonly [Pair<string>, ...Pair<string>[]] = [
  ["application_name", "fuzz"],
  ["client_encoding", "LATIN1"],
  ["client_encoding", "martian"],
  ["options", "-c work_mem=1MB"],
  ["options", "-c nothing=1"],
  ["search_path", "evil"],
  ["role", "postgres"],
  ["session_authorization", "postgres"],
  ["replication", "false"],
  ["replication", "database"],
  ["replication", "true"],
  ["replication", "o"],
  ["_pq_.option", "1"],
  ["user", "ghost"],
  ["database", "private"],
  ["", ""],
  ["no_such_thing", "1"],
];

/** One conversation, to be held with anybody. */
export interface Plan {
  /** What is said, from the beginning each time that it is asked for. */
  readonly lines: () => readonly Line[];
  readonly ending: Ending;
  /** In how many segments a line goes out. */
  readonly segments: "one" | "some" | "each byte";
  /** It has the right password of a role, or names one that needs none. */
  readonly knowing: boolean;
  /** For whoever looks for what went wrong. */
  readonly words: string;
}

/** A conversation before anything goes wrong. */
interface Base extends Pick<Plan, "lines" | "knowing" | "words"> {
  /** It asks for encryption first. */
  readonly negotiates: boolean;
}

export function somePlan(r: Random): Plan {
  const base = r.weighted<Base>([
    [20, () => login(r)],
    [1, () => cancel(r)],
    [1, () => noise(r)],
  ]);
  const count = base.lines().length;
  // Early mistakes keep the later lines from being heard.
  const late = (): number => Math.max(r.below(count), r.below(count));
  const changes = r.many(0, 2, () => ({ line: late(), change: someChange(r) }));
  const glued = r.chance(0.15) ? new Set(r.many(1, 3, () => r.below(count))) : new Set<number>();
  const ending = r.weighted<Ending>([
    [30, () => "shut"],
    [1, () => "wait"],
    [2, () => "leave"],
  ]);
  // Whether bytes stand behind a request for encryption is a matter of time, unless they are in its own segment.
  const segments = r.weighted<Plan["segments"]>([
    [8, () => "one"],
    [base.negotiates ? 0 : 3, () => "some"],
    [base.negotiates ? 0 : 1, () => "each byte"],
  ]);
  return {
    knowing: base.knowing,
    lines: () => glue(altered(base.lines(), changes), glued),
    ending,
    segments,
    words: JSON.stringify({ base: base.words, changes, glued: [...glued], ending, segments }),
  };
}

function login(r: Random): Base {
  const role = r.chance(0.6) ? r.pick(known) : r.pick(others);
  const database = r.chance(0.7) ? "shop" : r.pick(databases);
  const [major, minor] = r.chance(0.85) ? [3, 0] : r.pick(versions);
  const more = r.chance(0.3) ? r.many(1, 3, () => r.pick(parameters)) : [];
  const right = r.chance(0.6);
  const password = right ? `${role}-secret` : r.pick(["wrong", "", "\xff\xfe", "x".repeat(300)]);
  const packet = encodeStartupPacket(
    [
      ...(role === "" && r.chance(0.5) ? [] : [["user", role] as const]),
      ...(database === "" ? [] : [["database", database] as const]),
      ...more,
    ],
    { major, minor },
  );
  const before = r.weighted<readonly Buffer[]>([
    [12, () => []],
    [2, () => [encodeSslRequest()]],
    [2, () => [encodeGssencRequest()]],
    [1, () => r.many(1, 4, () => (r.chance(0.5) ? encodeSslRequest() : encodeGssencRequest()))],
  ]);
  const behind = r.weighted<readonly Buffer[]>([
    [4, () => [encodeTerminate()]],
    [4, () => [encodeQuery("select 1"), encodeTerminate()]],
    [1, () => [encodePasswordMessage("again")]],
    [1, () => [packet]],
    [1, () => r.many(1, 3, () => Buffer.from(r.many(1, 60, () => r.below(256))))],
  ]);
  return {
    knowing: right || role === "guest",
    negotiates: before.length > 0,
    lines: () => [...before, ...loginLines(role, password, packet), ...behind],
    words: JSON.stringify({ role, database, major, minor, more, password, before: before.length }),
  };
}

function cancel(r: Random): Base {
  const secretKey = Buffer.alloc(r.pick([0, 1, 4, 32, 256, 257]), 7);
  const packet = encodeCancelRequest({ processId: r.below(2 ** 31), secretKey });
  return { knowing: false, negotiates: false, lines: () => [packet], words: `cancel ${secretKey.length}` };
}

function noise(r: Random): Base {
  const lines = r.many(1, 3, () =>
    r.weighted([
      [3, () => Buffer.from(r.many(0, 300, () => r.below(256)))],
      [1, () => Buffer.from("GET / HTTP/1.1\r\n\r\n")],
      [1, () => Buffer.from("16030100c8010000c40303", "hex")],
    ]),
  );
  return { knowing: false, negotiates: false, lines: () => lines, words: "noise" };
}

function altered(
  lines: readonly Line[],
  changes: readonly { readonly line: number; readonly change: Change }[],
): readonly Line[] {
  let over = false;
  return lines.map((line, number) => async (heard) => {
    if (over) return Buffer.of();
    let bytes = typeof line === "function" ? await line(heard) : line;
    for (const { change } of changes.filter((one) => one.line === number)) {
      const result = changed(bytes, change);
      bytes = result.bytes;
      over ||= result.over;
    }
    return bytes;
  });
}

/** A glued line leaves together with the next one. Then nothing that is said depends on what is heard in between. */
function glue(lines: readonly Line[], glued: ReadonlySet<number>): readonly Line[] {
  if (glued.size === 0) return lines;
  const result: Line[] = [];
  let held: Line[] = [];
  for (const [number, line] of lines.entries()) {
    held.push(line);
    if (glued.has(number) && number < lines.length - 1) continue;
    const together = held;
    held = [];
    result.push(async () => {
      const pieces: Buffer[] = [];
      for (const one of together) pieces.push(typeof one === "function" ? await one([]) : one);
      return Buffer.concat(pieces);
    });
  }
  return result;
}
