// The process of the load generator: does one job after the other, and ends with its parent.
import type { Answer } from "./generator.ts";
import type { Job } from "./job.ts";
import { runLogins } from "./logins.ts";

process.on("message", (job: Job) => void answer(job).then((answer) => process.send?.(answer)));
process.on("disconnect", () => process.exit());

async function answer(job: Job): Promise<Answer> {
  try {
    const before = process.cpuUsage();
    const work = await runLogins(job);
    const { user, system } = process.cpuUsage(before);
    return { report: { ...work, cpuSeconds: (user + system) / 1e6 } };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
