import type { HoldJob, Work } from "./job.ts";
import { logIn, loginRoom } from "./session.ts";
import type { Session } from "./session.ts";

const parallel = 8;

/** Sessions that are logged in and say nothing. */
export class HeldSessions {
  readonly #sessions: Session[] = [];
  #lost = 0;

  async open({ port, startup, sessions }: HoldJob): Promise<Work> {
    const began = performance.now();
    let begun = 0;
    const client = async (): Promise<void> => {
      const room = loginRoom(undefined);
      while (begun < sessions) {
        begun += 1;
        const { promise, resolve, reject } = Promise.withResolvers<Session>();
        logIn({ port, startup, room, ready: resolve, failed: reject });
        this.#keep(await promise);
      }
    };
    await Promise.all(Array.from({ length: parallel }, client));
    return { done: this.#sessions.length, seconds: (performance.now() - began) / 1000 };
  }

  /** @throws {Error} if one of them was ended by the server */
  release(): Work {
    const [done, lost] = [this.#sessions.length, this.#lost];
    for (const { leave } of this.#sessions.splice(0)) leave();
    this.#lost = 0;
    if (lost > 0) throw new Error(`the server ended ${lost} of ${done} idle sessions`);
    return { done, seconds: 0 };
  }

  #keep(session: Session): void {
    this.#sessions.push(session);
    session.socket.once("close", () => {
      if (this.#sessions.length > 0) this.#lost += 1;
    });
  }
}
