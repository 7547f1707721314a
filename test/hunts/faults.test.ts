import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyOfSources } from "./faults/copy.ts";
import { decidingFaults } from "./faults/deciding.ts";
import { faulty, pathOf } from "./faults/fault.ts";
import type { Fault } from "./faults/fault.ts";
import { readingFaults } from "./faults/reading.ts";
import { recordFaults } from "./faults/records.ts";
import { regexFaults } from "./faults/regex.ts";
import { runDifferential } from "./faults/run.ts";
import type { Outcome, Run } from "./faults/run.ts";
import { versionFaults } from "./faults/versions.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** How many seeds each test is given, one after the other, before a fault counts as unnoticed. */
const seeds = Number(process.env["SEEDS"] ?? 3);
/** How many faults are looked for at once. */
const lanes = Number(process.env["LANES"] ?? 2);
/** Only faults of whose file and name this regular expression matches a part. */
const only = new RegExp(process.env["FAULTS"] ?? "");

const checkout = join(import.meta.dirname, "../..");
const faults = [
  ...readingFaults,
  ...recordFaults,
  ...decidingFaults,
  ...regexFaults,
  ...versionFaults,
].filter(({ file, name }) => only.test(`${file}: ${name}`));

/** What became of a fault, in words. */
interface Finding {
  readonly fault: Fault;
  readonly caught: boolean;
  readonly how: string;
}

test(`each of ${faults.length} seeded faults is caught by the generated cases (SEED=${seed} SEEDS=${seeds})`, async () => {
  for (const fault of faults) await faulty(fault, checkout);
  const findings: Finding[] = [];
  const controls: Controls = new Map();
  const queue = [...faults];
  const lane = async (): Promise<void> => {
    await using copy = await copyOfSources();
    for (let next = queue.shift(); next; next = queue.shift()) {
      const found = await look(copy.path, next, controls);
      console.info(rowOf(found));
      findings.push(found);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const inOrder = findings.toSorted((a, b) => faults.indexOf(a.fault) - faults.indexOf(b.fault));
  console.info([`${faults.length} faults in ${seconds} s:`, ...inOrder.map(rowOf)].join("\n"));
  expect(inOrder.filter(({ caught }) => !caught).map(rowOf)).toEqual([]);
});

/** What the tests say of the sources as they are; each is asked once. */
type Controls = Map<string, Promise<Outcome>>;

/** Asks the tests of a fault until one of them notices it, and then the same of the sources as they are. */
async function look(copy: string, fault: Fault, controls: Controls): Promise<Finding> {
  const path = pathOf(fault, copy);
  const [source, seeded] = [await readFile(path, "utf8"), await faulty(fault, copy)];
  const began = performance.now();
  for (const run of runsOf(fault)) {
    await writeFile(path, seeded);
    const outcome = await runDifferential(copy, run);
    await writeFile(path, source);
    if (outcome.kind === "passed") continue;
    const seconds = (performance.now() - began) / 1000;
    const [how, key] = [`${wordsOf(run, outcome)}, ${seconds.toFixed(0)} s`, JSON.stringify(run)];
    if (outcome.kind === "broken") return { fault, caught: false, how };
    const control = controls.get(key) ?? runDifferential(copy, run);
    controls.set(key, control);
    const without = await control;
    if (without.kind === "passed") return { fault, caught: true, how };
    return { fault, caught: false, how: `without the fault: ${wordsOf(run, without)}` };
  }
  return { fault, caught: false, how: `not noticed by ${fault.by.join(", ")}` };
}

function* runsOf({ by, major = 18, build = "embedded" }: Fault): Generator<Run> {
  for (let at = 0; at < seeds; at += 1) {
    for (const test of by) yield { by: test, major, build, seed: seed + 1000 * at };
  }
}

const kinds = { passed: "passed", difference: "a difference:", threw: "threw:", broken: "BROKEN:" } as const;

function wordsOf({ by, major, seed }: Run, { kind, text }: Outcome): string {
  return `${by} of ${major}, SEED=${seed}, ${kinds[kind]} ${text}`;
}

function rowOf({ fault, caught, how }: Finding): string {
  return `${caught ? "caught" : "MISSED"}  ${fault.file}: ${fault.name} | ${how}`;
}
