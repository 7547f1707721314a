// npm run bench [-- --json] [-- --only=login-trust,relay-select-8] [-- --quick] [-- --pool-mode=off]
// Each case beside named peers in the same run. Exits with 1 if a case could not run, or one failed that is a promise already.
import { parseArgs } from "node:util";
import { cases } from "./cases/index.ts";
import { machineTime, othersShare } from "./peers/machine.ts";
import { resultJson } from "./report/json.ts";
import type { ResultJson } from "./report/json.ts";
import { resultText } from "./report/text.ts";
import { isMet } from "./result.ts";
import { makeStage } from "./stage.ts";
import type { PoolMode } from "./stage.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    "pool-mode": { type: "string", default: "auto" },
  },
});

const poolMode = readPoolMode(values["pool-mode"]);
const chosen = choose(values.only, values.quick);
const say = (line: string): void => {
  if (values.json) console.error(line);
  else console.log(line);
};

const documents: ResultJson[] = [];
let failed = false;

await using stage = await makeStage(values.quick, poolMode);
const mode = stage.pooled ? "session" : "off";
say(`Medians of rounds, in turns; a ratio above 1 is better for us. pool_mode = ${mode}.`);
for (const one of chosen) {
  try {
    const before = await machineTime();
    const results = await one.run(stage);
    const others = othersShare(before, await machineTime());
    for (const result of results) {
      say(resultText(result));
      documents.push(resultJson(result, others));
      if (result.strict && ![...result.peers.values()].every(isMet)) failed = true;
    }
    say(`  Meanwhile others took ${(others * 100).toFixed(0)} % of the machine.`);
  } catch (error) {
    failed = true;
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`bench: error: ${one.name} could not run: ${reason}`);
  }
}
if (values.json) console.log(JSON.stringify(documents, null, 2));
process.exitCode = failed ? 1 : 0;

function readPoolMode(text: string): PoolMode {
  if (text === "auto" || text === "session" || text === "off") return text;
  return usage(`--pool-mode is auto, session or off, not "${text}"`);
}

function choose(only: string | undefined, quick: boolean): typeof cases {
  if (only === undefined) return cases.filter(({ long = false }) => !(quick && long));
  const names = only.split(",");
  const unknown = names.filter((name) => !cases.some((one) => one.name === name));
  if (unknown.length > 0) {
    return usage(`no case "${unknown.join(", ")}"; there are ${cases.map(({ name }) => name).join(", ")}`);
  }
  return cases.filter(({ name }) => names.includes(name));
}

function usage(reason: string): never {
  console.error(`bench: error: ${reason}`);
  process.exit(2);
}
