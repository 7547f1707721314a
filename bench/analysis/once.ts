// node bench/analysis/once.ts check|diff RULES: reads an estate of so many rules, then does the work once, in a process that has done
// nothing before, as a command does. Prints how long each took, as JSON.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { diff, fileFindingKinds, reviewReport } from "@sallyport/analysis";
import { profileOf, tempDirectory } from "@sallyport/testkit";
import type { Policy, Reading } from "@sallyport/policy";
import { emptyDisk, readPolicy } from "@sallyport/policy/node";
import type { ReadDisk } from "@sallyport/policy/node";
import { estate } from "../decisions/estate.ts";
import { edited } from "./edited.ts";

/** What is printed: milliseconds, and how much there was to say. */
export interface Once {
  readonly load: number;
  readonly work: number;
  readonly said: number;
}

interface Side {
  readonly reading: Reading;
  readonly disk: ReadDisk;
}

const [work = "", rules = ""] = process.argv.slice(2);
await using room = await tempDirectory();
const { hba } = estate(Number(rules), 1);
const names = ["old", "new"].slice(0, work === "diff" ? 2 : 1);
for (const name of names) await writeFile(join(room.path, name), name === "old" ? hba : edited(hba));

const began = performance.now();
const sides: Side[] = [];
for (const name of names) sides.push(await read(join(room.path, name)));
const loaded = performance.now();
const said = work === "diff" ? compare(sides) : check(sides);
const once: Once = { load: loaded - began, work: performance.now() - loaded, said };
console.log(JSON.stringify(once));

async function read(hbaFile: string): Promise<Side> {
  const disk = emptyDisk();
  return { reading: await readPolicy({ hbaFile, profile: profileOf(), disk }), disk };
}

function check([side]: readonly Side[]): number {
  if (!side) throw new Error("nothing was read");
  const none = { findings: [], files: [], notChecked: [] };
  const context = { catalogue: null, interfaces: null, poolers: new Set<never>() };
  const report = reviewReport(none, {
    ...side,
    ...context,
    kinds: fileFindingKinds,
    wasLookedFor: () => false,
  });
  return report.findings.length;
}

function compare([old, now]: readonly Side[]): number {
  const { changes } = diff(policyOf(old), policyOf(now), { catalogue: null, interfaces: null });
  return changes.length;
}

function policyOf(side: Side | undefined): Policy {
  if (!side?.reading.policy) throw new Error("the estate does not load");
  return side.reading.policy;
}
