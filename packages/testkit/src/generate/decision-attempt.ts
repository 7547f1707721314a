import type { Random } from "./random.ts";
import { oneOf } from "./word.ts";
import { databaseNames, longest, roleNames } from "./world.ts";

/** An attempt in the vocabulary of the tools. Texts are Unicode. */
export interface GeneratedAttempt {
  readonly user: string;
  readonly database?: string;
  /** Null: a Unix-domain socket. */
  readonly address: string | null;
  readonly ssl: boolean;
  readonly replication: boolean | "database";
}

/** @param addresses from which a client of this machine can connect */
export function decisionAttempt(r: Random, addresses: readonly string[]): GeneratedAttempt {
  const user = name(r, roleNames);
  const address = r.chance(0.3) ? null : oneOf(r, addresses);
  return {
    user,
    ...r.weighted<{ readonly database?: string }>([
      [60, () => ({ database: name(r, databaseNames) })],
      [10, () => ({ database: name(r, roleNames) })],
      [10, () => ({ database: user })],
      [5, () => ({ database: otherCase(user) })],
      [15, () => ({})],
      [3, () => ({ database: "" })],
    ]),
    address,
    ssl: address !== null && r.chance(0.1),
    replication: r.weighted<boolean | "database">([
      [75, () => false],
      [15, () => true],
      [10, () => "database"],
    ]),
  };
}

function otherCase(name: string): string {
  const upper = name.toUpperCase();
  return name === upper ? name.toLowerCase() : upper;
}

/** An address of 127.0.0.0/8 that a socket can be bound to, out of few enough to fall into the same networks. */
export function loopbackAddress(r: Random): string {
  if (r.chance(0.3)) return "127.0.0.1";
  const byte = (): number => r.pick([0, 0, 0, 1, 2, 8, 127, 128, 254, 255, 1 + r.below(254)]);
  return `127.${byte()}.${byte()}.${r.pick([1, 1, 2, 3, 127, 128, 254, 1 + r.below(254)])}`;
}

function name(r: Random, known: readonly string[]): string {
  return r.weighted<string>([
    [80, () => oneOf(r, known)],
    [
      10,
      () =>
        r.pick([
          "ghost",
          "BOB",
          "staff ",
          "samerole",
          "samegroup",
          '"bob"',
          "with  blanks ",
          "a\v",
          "+ghost",
          "/x",
          "readers",
          "pg_monitor",
        ]),
    ],
    [6, () => longest + r.pick(["", "n", "nnnn", "m", " "])],
    [4, () => "\u00e9".repeat(r.pick([31, 32, 40])) + r.pick(["", "x"])],
    [2, () => r.pick(["\u65e5\u672c", "\u{1f600}", "x".repeat(61) + "\u{1f600}"])],
  ]);
}
