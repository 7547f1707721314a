import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Order, Result } from "./contestant.ts";

const program = fileURLToPath(new URL("contestant.ts", import.meta.url));

/** How long a contest may take to end: the round that is under way, and the end of its server. */
const grace = 180_000;

/**
 * Holds a contest in a process of its own, to the end of its time or until `stop`: then the round under way is the last.
 * One that does not end is killed, and its server goes down with it.
 *
 * @returns what it came to, or why nothing did
 */
export async function sendOut(order: Order, stop: AbortSignal): Promise<Result | { readonly error: string }> {
  const child = fork(program, [JSON.stringify(order)], {
    // Maps and sets go through as they are.
    serialization: "advanced",
    // A session of its own: a Ctrl-C is for us, and neither for it nor for its psql.
    detached: true,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const killed = AbortSignal.timeout(order.until - Date.now() + grace);
  killed.addEventListener("abort", () => child.kill("SIGKILL"));
  let result: Result | undefined;
  child.on("message", (message) => (result = message as Result));
  const tellToStop = (): void => {
    if (child.connected) child.send("stop");
  };
  stop.addEventListener("abort", tellToStop);
  try {
    const ended = Promise.all([once(child, "exit"), once(child, "disconnect")]);
    if (stop.aborted) tellToStop();
    const [[code]] = await ended;
    if (result) return result;
    return {
      error: killed.aborted ? "it did not end, and was killed" : `it ended with status ${String(code)}`,
    };
  } catch (error) {
    return { error: String(error) };
  } finally {
    stop.removeEventListener("abort", tellToStop);
  }
}
