import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Build, Major } from "@sallyport/testkit";
import { roundFailed } from "../../differential/contest.ts";
import type { Differential } from "./fault.ts";

/** One differential test, against one server, from one seed on. */
export interface Run {
  readonly by: Differential;
  readonly major: Major;
  readonly build: Build;
  readonly seed: number;
}

/**
 * What a run came to. A `difference` is one that the test reported; in a run that `threw`, our side gave no answer;
 * `broken` is anything else that keeps a run from passing.
 */
export interface Outcome {
  readonly kind: "passed" | "difference" | "threw" | "broken";
  readonly text: string;
}

/** The part of Vitest's JSON report that is read here. */
interface Report {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly failureMessages: string[] }[];
  }[];
}

const mostMilliseconds = 180_000;

/** Those of `npm test`, but for pairs, of which a second takes thousands. */
const budgets = { PAIRS: "12000" };

/** Runs the generated cases of a test in a copy of the sources. */
export async function runDifferential(copy: string, { by, major, build, seed }: Run): Promise<Outcome> {
  const report = join(copy, "report.json");
  await rm(report, { force: true });
  const args = [
    "run",
    "--project",
    "servers",
    `test/differential/${by}/${by}.test.ts`,
    "-t",
    titleOf(by, build),
  ];
  const output = ["--bail", "1", "--reporter", "json", "--outputFile", report];
  const child = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", ...args, ...output], {
    cwd: copy,
    env: { ...ownEnvironment(), ...budgets, SEED: String(seed), MAJORS: String(major) },
    stdio: "ignore",
    detached: true,
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    // With the workers, which may be in a loop without end.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, mostMilliseconds);
  await once(child, "close");
  clearTimeout(timer);
  if (late) return { kind: "broken", text: `not done after ${mostMilliseconds / 1000} s` };
  return outcomeOf(JSON.parse(await readFile(report, "utf8")) as Report);
}

/** A pattern of the titles of the tests whose cases are generated. */
function titleOf(by: Differential, build: Build): string {
  return by === "views" ? `${build} build, .* show the same of` : generated[by];
}

const generated: Readonly<Record<Exclude<Differential, "views">, string>> = {
  decisions: "name the same line",
  maps: "let the same OS users",
  regex: "match, capture and fail the same",
  compiled: "come to the same",
};

/** Ours, without what this run of Vitest has told its workers. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(?:VITEST|TEST$|NODE_ENV$|TREES$|CONNECTIONS$|LOGINS$|PAIRS$|COMPILED$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function outcomeOf({ success, testResults }: Report): Outcome {
  const messages = testResults.flatMap(({ message, assertionResults }) => [
    ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
    ...(message === "" ? [] : [message]),
  ]);
  const passed = testResults.flatMap(({ assertionResults }) => assertionResults).some(isPassed);
  if (success && passed) return { kind: "passed", text: "" };
  const [first = "no test ran"] = messages;
  const line = first.slice(0, 300).replaceAll(/\s+/g, " ");
  const [, found] =
    /^AssertionError: of \w+: (SEED=\d+\n[^]*?): expected \[[^]* to deeply equal \[\]/.exec(first) ?? [];
  if (found === undefined) return { kind: "broken", text: line };
  if (!found.includes(roundFailed))
    return { kind: "difference", text: found.replaceAll(/\s+/g, " ").slice(0, 120) };
  return { kind: found.includes("/packages/policy/src/") ? "threw" : "broken", text: line };
}

function isPassed({ status }: { readonly status: string }): boolean {
  return status === "passed";
}
