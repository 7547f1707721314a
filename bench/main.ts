// npm run bench [-- --json] [-- --only=login-trust,relay-select-8] [-- --quick] [-- --pool-mode=off]
// Each case beside named peers in the same run. Exits with 1 if a case could not run, or one failed that is a promise already.
import { parseArgs } from "node:util";
import { cases } from "./cases/index.ts";
import { resultJson } from "./report/json.ts";
import { resultText } from "./report/text.ts";
import { isMet } from "./result.ts";
import type { Result } from "./result.ts";
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

const results: Result[] = [];
let failed = false;

await using stage = await makeStage(values.quick, poolMode);
say(
  `Medians of rounds, in turns; a ratio above 1 is better for us. pool_mode = ${stage.pooled ? "session" : "off"}.`,
);
for (const one of chosen) {
  try {
    const found = await one.run(stage);
    for (const result of found) say(resultText(result));
    results.push(...found);
  } catch (error) {
    failed = true;
    console.error(
      `bench: error: ${one.name} could not run: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
if (values.json) console.log(JSON.stringify(results.map(resultJson), null, 2));
const broken = results.some(({ strict, peers }) => strict && ![...peers.values()].every(isMet));
process.exitCode = failed || broken ? 1 : 0;

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
