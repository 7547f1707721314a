import type { Case } from "../case.ts";
import { contest } from "../contest.ts";
import type { Sample } from "../contest.ts";
import { trioContestants } from "../contestants.ts";
import type { MeasurePort } from "../contestants.ts";
import { runTransactions } from "../load/pgbench.ts";
import { app, guest, startupPacket } from "../peers/world.ts";
import type { AppSecret } from "../peers/world.ts";
import type { Stage } from "../stage.ts";

export const loginUnit = "logins/s";

/** As many at once as the known figures of PgBouncer and PostgreSQL were taken with. */
const parallel = 8;

const aims = { pgbouncer: 1, postgresql: 8 };

/** From the connection to ReadyForQuery, and away again: nothing is asked of a server behind. */
export const loginTrust: Case = plain("login-trust", guest);
export const loginScram: Case = plain("login-scram", app);

/** The same with one query, for which there has to be a session behind. By pgbench, which connects for each transaction. */
export const loginQuery: Case = {
  name: "login-query",
  run: async (stage) => {
    const contestants = trioContestants(await stage.few(), connectForEach);
    return [
      await contest({ name: "login-query", unit: loginUnit, better: "more", contestants }, stage.brief),
    ];
  },
};

async function connectForEach(port: number, milliseconds: number): Promise<Sample> {
  const target = { host: "127.0.0.1", port, user: guest };
  const args = [`--client=${parallel}`, "--connect", "--builtin=select-only"];
  const { transactions, rate } = await runTransactions(target, milliseconds / 1000, args);
  return { value: rate, operations: transactions };
}

function plain(name: string, user: string): Case {
  return {
    name,
    run: async (stage) => {
      const trio = await stage.few();
      const contestants = trioContestants(trio, loginsOf(stage, user, trio.secret), aims);
      return [await contest({ name, unit: loginUnit, better: "more", contestants }, stage.brief)];
    },
  };
}

/** Logins by the load generator. */
export function loginsOf({ generator }: Stage, user: string, secret: AppSecret): MeasurePort {
  const job = {
    kind: "logins",
    startup: startupPacket(user),
    keys: user === app ? secret : undefined,
    parallel,
  } as const;
  return async (port, milliseconds) => {
    const { done, seconds, cpuSeconds } = await generator.run({ ...job, port, milliseconds });
    return { value: done / seconds, operations: done, loadCpuSeconds: cpuSeconds };
  };
}
