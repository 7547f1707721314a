import { parseArgs } from "node:util";

export interface Options {
  /** How long the whole run shall take. */
  readonly minutes: number;
  /** Names of comparisons; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Undefined: all that are installed. */
  readonly majors: readonly number[] | undefined;
  readonly seed: number;
}

export const usage = `Usage: npm run differential -- --minutes N [--only LIST] [--majors LIST] [--seed N]

Puts generated files, connections, logins and regular expressions to every PostgreSQL that is installed, and to us.

  --minutes N    how long to go on; each comparison has one round at least
  --only LIST    of views, decisions, maps, witnesses, regex, compiled
  --majors LIST  of 10 to 19, such as 13,18
  --seed N       chooses what is generated; default: another in each run
`;

/** @throws {Error} of mistakes, in words for who made them */
export function readOptions(args: readonly string[], fresh: number): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string" },
      only: { type: "string" },
      majors: { type: "string" },
      seed: { type: "string" },
    },
  });
  return {
    minutes: number("minutes", values.minutes),
    only: values.only?.split(","),
    majors: values.majors?.split(",").map((text) => number("majors", text)),
    seed: values.seed === undefined ? fresh : number("seed", values.seed),
  };
}

function number(option: string, text = ""): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new Error(`--${option} wants a number, not "${text}"`);
  return Number(text);
}
