import type { LoginJob, Work } from "./job.ts";
import { logIn, loginRoom } from "./session.ts";

/** Logs in until the time is over. Rejects with the first failure. */
export async function runLogins(job: LoginJob): Promise<Work> {
  const began = performance.now();
  const until = began + job.milliseconds;
  const clients = Array.from({ length: job.parallel }, async () => await logInUntil(until, job));
  const counts = await Promise.all(clients);
  const done = counts.reduce((sum, count) => sum + count, 0);
  return { done, seconds: (performance.now() - began) / 1000 };
}

async function logInUntil(until: number, { port, startup, keys }: LoginJob): Promise<number> {
  const room = loginRoom(keys);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let done = 0;
  const next = (): void => {
    if (performance.now() >= until) resolve(done);
    else logIn({ port, startup, room, ready, failed: reject });
  };
  const ready = (session: { readonly leave: () => void }): void => {
    session.leave();
    done += 1;
    next();
  };
  next();
  return await promise;
}
