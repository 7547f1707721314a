import { utf8Bytes } from "@sallyport/policy";
import type { Random } from "../random.ts";
import { loginDoors } from "./doors.ts";
import type { LoginDoor } from "./doors.ts";
import { anyTls, goodTls } from "./tls.ts";
import type { LoginTls } from "./tls.ts";

/** A connection in all that a client can choose. Texts are byte strings, sent as they are. */
export interface LoginAttempt {
  /** What it was made for. */
  readonly intent: string;
  /** Null: a Unix-domain socket. */
  readonly address: string | null;
  /** The uid that connects over the Unix socket. */
  readonly uid: number;
  /**
   * Negotiation requests before the startup packet, each answered before the next is sent, or all in one piece. Those
   * behind one for TLS that is granted come within TLS.
   */
  readonly requests: readonly ("ssl" | "gssenc")[];
  /** How it goes over to TLS, as soon as it may; null: it goes on in plain, whatever the answer is. */
  readonly tls: LoginTls | null;
  readonly pipelined: boolean;
  readonly protocol: readonly [major: number, minor: number];
  /** The last user of the startup packet, which is the one that counts. */
  readonly user: string;
  /** Pairs of the startup packet. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
  /** Sent in place of the startup packet; null: that is sent. Then the client says no more. */
  readonly opening: string | null;
  /** Each message is sent in pieces of so many bytes; null: all that is to be said at once arrives at once. */
  readonly pieces: number | null;
  readonly password: string;
  readonly answers: LoginAnswers;
}

/** What the client says when it is asked. */
export interface LoginAnswers {
  /** Body of a cleartext password; `{password}` is put in. */
  readonly cleartext: string;
  /** Body of an MD5 password; `{answer}` is the right one for the password. */
  readonly md5: string;
  readonly mechanism: string;
  /** The SASLInitialResponse comes without data (length −1), and client-first as a message of its own. */
  readonly delayed: boolean;
  /** client-first-message. */
  readonly first: string;
  /**
   * client-final-message; `{nonce}` is the server's, `{proof}` the right one for the password, `{bound}` the channel
   * binding to the server's certificate.
   */
  readonly final: string;
  /** Bytes that leave together with the last of these. */
  readonly behind: string;
  /** Instead of the answer to that request, from 1: these bytes; then the client says no more, and may leave. */
  readonly instead: { readonly at: number; readonly bytes: string; readonly leaves: boolean } | null;
}

/** What an intent fixes; the rest is chosen at random. */
export interface LoginWish {
  readonly user: string;
  /** Where it connects from: to a method's door, from `::1`, or over the Unix socket. */
  readonly door: LoginDoor | "::1" | "local";
  readonly database?: string | null;
  readonly replication?: string;
  readonly parameters?: readonly (readonly [string, string])[];
  readonly password?: string;
  readonly answers?: Partial<LoginAnswers>;
  readonly opening?: string;
  readonly protocol?: readonly [number, number];
  readonly requests?: readonly ("ssl" | "gssenc")[];
  readonly tls?: LoginTls | null;
  readonly pipelined?: boolean;
  readonly uid?: number;
}

export const goodDatabases = ["bob", "zoë", "all", "replication", "shop", "staff", "postgres"] as const;

/**
 * @param calm the attempt is what was wished for and nothing else
 */
export function grantWish(r: Random, intent: string, wish: LoginWish, calm: boolean): LoginAttempt {
  const { door, replication, database = r.pick(goodDatabases), protocol } = wish;
  const often = (probability: number): boolean => !calm && r.chance(probability);
  const asked = wish.requests ?? (often(0.15) ? r.many(1, 2, () => r.pick(["ssl", "gssenc"])) : []);
  const tls = wish.tls === undefined ? anyHandshake(r, asked, often(door === "local" ? 0.1 : 0.5)) : wish.tls;
  const asks = tls === null || tls.direct || asked.includes("ssl");
  const wished: (readonly [string, string])[] = [
    ...(often(0.02) ? [["user", "eve"] as const] : []),
    ["user", utf8Bytes(wish.user)],
    ...(database === null ? [] : [["database", utf8Bytes(database)] as const]),
    ...(replication === undefined ? [] : [["replication", replication] as const]),
    ...(often(0.3) ? [["application_name", applicationName(r)] as const] : []),
    ...(often(0.15) ? r.many(1, 2, () => goodParameter(r)) : []),
    ...(often(0.08) ? r.many(1, 2, () => protocolOption(r)) : []),
    ...(wish.parameters ?? []),
  ];
  // What shall arrive together does so in one piece.
  const atOnce = wish.pipelined === true || tls?.eager === true;
  const pairs = often(0.1) ? shuffled(r, wished) : wished;
  return {
    intent,
    address: door === "local" ? null : door === "::1" ? "::1" : addressTo(r, door),
    uid: wish.uid ?? 0,
    requests: asks ? asked : [...asked, "ssl"],
    tls,
    pipelined: wish.pipelined ?? false,
    protocol: protocol ?? (often(0.2) ? [3, r.pick([1, 2, 2, 3, 9, 9999])] : [3, 0]),
    user: pairs.findLast(([name]) => name === "user")?.[1] ?? "",
    pairs,
    opening: wish.opening ?? null,
    pieces: !atOnce && often(0.1) ? r.pick([1, 2, 3, 5, 8, 100]) : null,
    password: utf8Bytes(wish.password ?? ""),
    answers: { ...honestAnswers(r, tls !== null && often(0.5)), ...wish.answers },
  };
}

/** Whoever has asked for TLS mostly knows what to do with it. */
function anyHandshake(r: Random, asked: readonly string[], wanted: boolean): LoginTls | null {
  if (wanted) return anyTls(r);
  return asked.includes("ssl") && r.chance(0.9) ? goodTls(r) : null;
}

function honestAnswers(r: Random, bound: boolean): LoginAnswers {
  const nonce = Array.from({ length: 24 }, () => String.fromCharCode(0x41 + r.below(26))).join("");
  return {
    cleartext: "{password}\0",
    md5: "{answer}\0",
    mechanism: bound ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256",
    delayed: false,
    first: `${bound ? "p=tls-server-end-point" : "n"},,n=,r=${nonce}`,
    final: `c=${bound ? "{bound}" : "biws"},r={nonce},p={proof}`,
    behind: "",
    instead: null,
  };
}

/** An address whose clients come to the lines of that method. */
function addressTo(r: Random, door: LoginDoor): string {
  return `127.0.${loginDoors[door].network}.${1 + r.below(254)}`;
}

function applicationName(r: Random): string {
  return r.pick([
    "psql",
    "",
    "two words",
    "zo\u00c3\u00ab",
    "a\nFATAL:  b",
    "\u00ff\u0001\t",
    "x".repeat(80),
    "%u %d",
    'say "hi"\\',
  ]);
}

function goodParameter(r: Random): readonly [string, string] {
  return r.pick<readonly [string, string]>([
    ["client_encoding", "UTF8"],
    ["client_encoding", "LATIN1"],
    ["DateStyle", "German"],
    ["search_path", "by_client"],
    ["TimeZone", "Asia/Tokyo"],
    ["options", "-c work_mem=3MB"],
    ["options", "--statement-timeout=7min -c search_path=by\\ options"],
    ["my.own", "value"],
    ["extra_float_digits", "2"],
    ["replication", "false"],
  ]);
}

function protocolOption(r: Random): readonly [string, string] {
  return [r.pick(["_pq_.one", "_pq_.", "_pq_.two words", "_pq_.report_parameters"]), r.pick(["", "1"])];
}

function shuffled<T>(r: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: r.below(1_000_000) }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
