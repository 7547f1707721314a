import type { Case } from "../case.ts";
import { contest } from "../contest.ts";
import { trioContestants } from "../contestants.ts";
import type { Aims, MeasurePort } from "../contestants.ts";
import { runTransactions } from "../load/pgbench.ts";
import type { LoadTarget } from "../load/pgbench.ts";
import { guest } from "../peers/world.ts";

/** One row by its key, prepared, by so many clients at once. */
export const relaySelects: readonly Case[] = [
  // One client's rate is its latency: that may be 1.15 of PgBouncer's.
  selects("relay-select-1", 1, { pgbouncer: 1 / 1.15 }),
  selects("relay-select-8", 8, { pgbouncer: 0.95 }),
  selects("relay-select-64", 64, { pgbouncer: 0.95 }),
];

/** The same within TLS to the client. Behind it there is none. */
export const relayTls: Case = selects("relay-tls", 8, {}, "require");

/** pgbench's time runs while its clients connect, which without pooling takes one after the other of many. */
const connectMsOfMany = 1000;

function selects(
  name: string,
  clients: number,
  aims: Aims,
  sslmode: LoadTarget["sslmode"] = "disable",
): Case {
  const args = [`--client=${clients}`, "--builtin=select-only", "--protocol=prepared"];
  const measure: MeasurePort = async (port, milliseconds) => {
    const target = { host: "127.0.0.1", port, user: guest, sslmode };
    const seconds = (milliseconds + (clients > 8 ? connectMsOfMany : 0)) / 1000;
    const { transactions, rate } = await runTransactions(target, seconds, args);
    return { value: rate, operations: transactions };
  };
  return {
    name,
    run: async (stage) => {
      const contestants = trioContestants(await stage.few(), measure, aims);
      return [await contest({ name, unit: "queries/s", better: "more", contestants }, stage.steady)];
    },
  };
}
