import { encodeStartupPacket } from "@sallyport/wire";
import type { Case } from "../case.ts";
import { contest } from "../contest.ts";
import type { Contestant, Sample } from "../contest.ts";
import { runTransactions } from "../load/pgbench.ts";
import type { Trio } from "../peers/trio.ts";
import { app, database, guest } from "../peers/world.ts";
import type { AppSecret } from "../peers/world.ts";
import type { Stage } from "../stage.ts";

const unit = "logins/s";

/** As many at once as the known figures of PgBouncer and PostgreSQL were taken with. */
const parallel = 8;

/** Of ratios to PgBouncer and to PostgreSQL. */
const pooledAim = { pgbouncer: 1, postgresql: 8 };

/** From the connection to ReadyForQuery, and away again: nothing is asked of a server behind. */
export const loginTrust: Case = plain("login-trust", guest);
export const loginScram: Case = plain("login-scram", app);

/** The same with one query, for which there has to be a session behind. */
export const loginQuery: Case = {
  name: "login-query",
  run: async (stage) => {
    const trio = await stage.few();
    const measure = async (port: number, milliseconds: number): Promise<Sample> => {
      const target = { host: "127.0.0.1", port, user: guest };
      const seconds = Math.ceil(milliseconds / 1000);
      const args = [`--client=${parallel}`, "--connect", "--builtin=select-only"];
      const { transactions, rate } = await runTransactions(target, seconds, args);
      return { value: rate, operations: transactions };
    };
    const [ours, pgbouncer, postgresql] = contestantsOf(trio, measure);
    return [
      await contest(
        { name: "login-query", unit, better: "more", contestants: [ours, pgbouncer, postgresql] },
        stage,
      ),
    ];
  },
};

function plain(name: string, user: string): Case {
  return {
    name,
    run: async (stage) => {
      const trio = await stage.few();
      const [ours, pgbouncer, postgresql] = contestantsOf(trio, loginsOf(stage, user, trio.secret));
      return [
        await contest(
          {
            name,
            unit,
            better: "more",
            contestants: [
              ours,
              { ...pgbouncer, atLeast: pooledAim.pgbouncer },
              { ...postgresql, atLeast: pooledAim.postgresql },
            ],
          },
          stage,
        ),
      ];
    },
  };
}

type Measure = (port: number, milliseconds: number) => Promise<Sample>;

/** Logins by the load generator. */
export function loginsOf({ generator }: Stage, user: string, secret: AppSecret): Measure {
  const startup = encodeStartupPacket([
    ["user", user],
    ["database", database],
  ]);
  const keys = user === app ? secret : undefined;
  return async (port, milliseconds) => {
    const { done, seconds, cpuSeconds } = await generator.run({
      kind: "logins",
      port,
      startup,
      keys,
      parallel,
      milliseconds,
    });
    return { value: done / seconds, operations: done, loadCpuSeconds: cpuSeconds };
  };
}

/** The three, each asked at its port. */
export function contestantsOf(
  { sallyport, pgbouncer, postgresql }: Trio,
  measure: Measure,
): [Contestant, Contestant, Contestant] {
  const at =
    (port: number): Contestant["measure"] =>
    async (milliseconds) =>
      await measure(port, milliseconds);
  return [
    { name: "sallyport", pid: sallyport.pid, measure: at(sallyport.port) },
    { name: "pgbouncer", pid: pgbouncer.pid, measure: at(pgbouncer.port) },
    { name: "postgresql", measure: at(postgresql.port) },
  ];
}
