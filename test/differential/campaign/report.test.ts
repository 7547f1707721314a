import { expect, test } from "vitest";
import { compiled } from "../compiled/contest.ts";
import { oneSided } from "../contest.ts";
import type { Tally } from "../contest.ts";
import { createHistogram } from "../views/histogram.ts";
import type { Played } from "./campaign.ts";
import { differencesFound, faults, figures, playedLine } from "./report.ts";

const none = createHistogram({});
const usual = new Map(compiled.usual.map((word) => [word, 500]));

function played(opponent: string, tally: Partial<Tally>): Played {
  const start = async (): Promise<never> => await Promise.reject(new Error("it was played already"));
  const entrant = { unit: "attempts", opponent, test: "npx vitest run here", start };
  const entry = { comparison: compiled, entrant, name: `attempts, ${opponent}`, weight: 1 };
  const whole = { rounds: 1, cases: 2000, outcomes: usual, found: [], ...tally };
  return { entry, seconds: 2.04, result: { tally: whole, histogram: none } };
}

const good = played("one", { outcomes: new Map([...usual, [oneSided, 3]]) });
const bad = played("two", { found: [{ seed: 9, count: 4, text: "server: 1\nours: 2" }] });

test("figures are added up for each opponent and for all", () => {
  expect(
    figures([good, bad])
      .split("\n")
      .map((line) => line.split(/ {2,}/)),
  ).toEqual([
    ["of", "with", "cases", "differences", "too complex", "seconds"],
    ["attempts", "one", "2000", "0", "3", "2"],
    ["attempts", "two", "2000", "4", "0", "2"],
    ["attempts", "all", "4000", "4", "3", "4"],
  ]);
});

test("a difference stands with the command that shows it again, and is a fault", () => {
  expect(playedLine(bad)).toBe("attempts, two: cases 2000, differences 4, 2.0 s");
  expect(differencesFound([good, bad])).toBe(
    "attempts, two, differences 4: SEED=9 npx vitest run here\nserver: 1\nours: 2",
  );
  expect(faults([good, bad], none)).toEqual(["differences: 4"]);
});

test("one automaton's limit is no fault", () => {
  expect(faults([good], none)).toEqual([]);
});

test("a contest that failed, or compared nothing worth it, is a fault", () => {
  const { entry } = good;
  const failed: Played = { entry, seconds: 1, result: { error: "it did not end, and was killed" } };
  const idle = played("idle", { outcomes: new Map([...usual, ["reject", 1]]) });
  expect(faults([failed, idle], none)).toEqual([
    "attempts, one: it did not end, and was killed",
    'attempts, idle: hardly any "reject"',
  ]);
});

test("what a server says and no list has is a fault", () => {
  const histogram = createHistogram({ error: [{ name: "known" }] });
  histogram.hit("error", "known");
  histogram.hit("error", "new words");
  expect(faults([good], histogram)).toEqual(["in no table: error: new words"]);
});
