import type { Case } from "../case.ts";
import { contest } from "../contest.ts";
import { runTransactions } from "../load/pgbench.ts";
import type { LoadTarget } from "../load/pgbench.ts";
import { guest } from "../peers/world.ts";
import { contestantsOf } from "./login.ts";

/** One client's latency may be 1.15 of PgBouncer's. */
const latencyAim = 1 / 1.15;
const throughputAim = 0.95;

/** One row by its key, prepared, by so many clients at once. */
export const relaySelects: readonly Case[] = [
  selects("relay-select-1", 1, latencyAim),
  selects("relay-select-8", 8, throughputAim),
  selects("relay-select-64", 64, throughputAim),
];

export const relayTls: Case = selects("relay-tls", 8, undefined, "require");

function selects(
  name: string,
  clients: number,
  atLeast: number | undefined,
  sslmode: LoadTarget["sslmode"] = "disable",
): Case {
  const args = [`--client=${clients}`, "--builtin=select-only", "--protocol=prepared"];
  return {
    name,
    run: async (stage) => {
      const trio = await stage.few();
      const [ours, pgbouncer, postgresql] = contestantsOf(trio, async (port, milliseconds) => {
        const target = { host: "127.0.0.1", port, user: guest, sslmode };
        const { transactions, rate } = await runTransactions(target, Math.ceil(milliseconds / 1000), args);
        return { value: rate, operations: transactions };
      });
      return [
        await contest(
          {
            name,
            unit: "queries/s",
            better: "more",
            contestants: [ours, { ...pgbouncer, ...(atLeast === undefined ? {} : { atLeast }) }, postgresql],
          },
          stage,
        ),
      ];
    },
  };
}
