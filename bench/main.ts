// npm run bench [-- --json]: each figure a ratio to a named peer in the same run. Exits with 1 if one is larger than it may be.
import { parseArgs } from "node:util";
import { decisionsBesideScan, decisionsBySize } from "./decisions.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const notes = ["Medians of interleaved rounds; a ratio of 2 is twice as slow, or twice as much."];
const figures = [...decisionsBySize(), ...decisionsBesideScan()];
const slow = figures.filter(({ ratio, atMost }) => atMost !== null && !(ratio <= atMost));

if (values.json) {
  const benchmarks = figures.map(({ name, peer, ratio, atMost }) => ({ name, peer, ratio, at_most: atMost }));
  console.log(JSON.stringify({ notes, benchmarks }, null, 2));
} else {
  for (const note of notes) console.log(note);
  for (const { name, peer, ratio, atMost } of figures) {
    const limit = atMost === null ? "" : `  (at most ${atMost})`;
    console.log(`${ratio.toFixed(2).padStart(6)}  ${name}, beside ${peer}${limit}`);
  }
}
process.exitCode = slow.length > 0 ? 1 : 0;
