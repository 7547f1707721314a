import { Socket } from "node:net";
import type { LoginJob, Work } from "./job.ts";
import { ScramReplies } from "./scram-replies.ts";

const terminate = Buffer.from([0x58, 0, 0, 0, 4]);
const [authentication, errorResponse, readyForQuery] = [0x52, 0x45, 0x5a];
/** More than a greeting of any server takes. */
const bufferLength = 16_384;

/**
 * Logs in until the time is over. It shares the machine with what is measured, so it is as cheap as Node allows: one buffer for each of
 * the sessions that run at once, and packets that are made only once.
 */
export async function runLogins(job: LoginJob): Promise<Work> {
  const began = performance.now();
  const until = began + job.milliseconds;
  const counts = await Promise.all(
    Array.from({ length: job.parallel }, async () => await logInUntil(until, job)),
  );
  const done = counts.reduce((sum, count) => sum + count, 0);
  return { done, seconds: (performance.now() - began) / 1000 };
}

/** One login after the other. Rejects with the first failure. */
async function logInUntil(until: number, { port, startup, keys }: LoginJob): Promise<number> {
  const received = Buffer.allocUnsafe(bufferLength);
  const replies = keys === undefined ? undefined : new ScramReplies(keys);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let done = 0;

  function logIn(): void {
    if (performance.now() >= until) return resolve(done);
    let length = 0;
    let at = 0;
    let isOver = false;
    const socket = new Socket({
      onread: {
        buffer: () => received.subarray(length),
        callback: (count) => {
          length += count;
          while (!isOver && length - at >= 5) {
            const end = at + 1 + received.readUInt32BE(at + 1);
            if (end > length) break;
            take(received[at] ?? 0, at + 5, end);
            at = end;
          }
          if (at === length) at = length = 0;
          else if (length === bufferLength) fail("a message is larger than any of a login");
          return true;
        },
      },
    });

    function take(type: number, from: number, end: number): void {
      if (type === authentication) {
        const reply = replies?.to(received, from, end);
        if (reply !== undefined) socket.write(reply);
      } else if (type === readyForQuery) {
        isOver = true;
        done += 1;
        socket.write(terminate);
        socket.destroy();
        logIn();
      } else if (type === errorResponse) {
        fail(received.toString("latin1", from, end).replaceAll("\0", " "));
      }
    }

    function fail(reason: string): void {
      isOver = true;
      socket.destroy();
      reject(new Error(`login ${done + 1} failed: ${reason}`));
    }

    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => {
      if (!isOver) fail("the server closed the connection");
    });
    socket.connect({ host: "127.0.0.1", port });
    socket.write(startup);
  }

  logIn();
  return await promise;
}
