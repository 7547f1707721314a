// The process of the load generator: does one job after the other, and ends with its parent.
import { runCopies } from "./copies.ts";
import type { Answer } from "./generator.ts";
import { HeldSessions } from "./held.ts";
import type { Job, Work } from "./job.ts";
import { runLogins } from "./logins.ts";

const held = new HeldSessions();

process.on("message", (job: Job) => void answer(job).then((answer) => process.send?.(answer)));
process.on("disconnect", () => process.exit());

async function answer(job: Job): Promise<Answer> {
  try {
    const before = process.cpuUsage();
    const work = await run(job);
    const { user, system } = process.cpuUsage(before);
    return { report: { ...work, cpuSeconds: (user + system) / 1e6 } };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function run(job: Job): Promise<Work> {
  switch (job.kind) {
    case "logins":
      return await runLogins(job);
    case "copy":
      return await runCopies(job);
    case "hold":
      return await held.open(job);
    case "release":
      return held.release();
  }
}
