import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Job, Report } from "./job.ts";

const program = fileURLToPath(new URL("worker.ts", import.meta.url));
const answerWithinMs = 180_000;

/** The answer to a job: a report, or why there is none. */
export type Answer = { readonly report: Report } | { readonly error: string };

/** A load in a process of its own, which stays the same for all that are measured. */
export class LoadGenerator implements AsyncDisposable {
  readonly #child: ChildProcess = fork(program, { serialization: "advanced" });

  /** @throws {Error} if anything failed: a rate of failures is no rate */
  async run(job: Job): Promise<Report> {
    const answered = once(this.#child, "message", { signal: AbortSignal.timeout(answerWithinMs) });
    this.#child.send(job);
    const [answer] = (await answered) as [Answer];
    if ("error" in answer) throw new Error(answer.error);
    return answer.report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}
