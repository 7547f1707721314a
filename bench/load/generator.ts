import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Job, Report } from "./job.ts";

const program = fileURLToPath(new URL("worker.ts", import.meta.url));
const answerWithinMs = 180_000;

/** The answer to a job: a report, or why there is none. */
export type Answer = { readonly report: Report } | { readonly error: string };

/**
 * The load, in processes of its own, which stay the same for all that are measured. Logins come from two of them: by SCRAM a client
 * works harder than a server, and one process would be what is measured.
 */
export class LoadGenerator implements AsyncDisposable {
  readonly #children: readonly [ChildProcess, ChildProcess] = [start(), start()];

  /** @throws {Error} if anything failed: a rate of failures is no rate */
  async run(job: Job): Promise<Report> {
    if (job.kind !== "logins") return await ask(this.#children[0], job);
    const share = { ...job, parallel: job.parallel / this.#children.length };
    const reports = await Promise.all(this.#children.map(async (child) => await ask(child, share)));
    return {
      done: reports.reduce((sum, { done }) => sum + done, 0),
      seconds: Math.max(...reports.map(({ seconds }) => seconds)),
      cpuSeconds: reports.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
  }
}

function start(): ChildProcess {
  return fork(program, { serialization: "advanced" });
}

async function ask(child: ChildProcess, job: Job): Promise<Report> {
  const answered = once(child, "message", { signal: AbortSignal.timeout(answerWithinMs) });
  child.send(job);
  const [answer] = (await answered) as [Answer];
  if ("error" in answer) throw new Error(answer.error);
  return answer.report;
}
