import { encodeMessage } from "@sallyport/wire";
import type { Case } from "../case.ts";
import { contest } from "../contest.ts";
import { trioContestants } from "../contestants.ts";
import type { CopyJob } from "../load/job.ts";
import { guest, startupPacket } from "../peers/world.ts";

/** As libpq's clients send: some 8 KB in each CopyData, whole rows. */
const messageLength = 8192;
const messagesAtOnce = 16;
const times = 400;

/** Rows of 100 bytes, a message each, as the server sends them. */
export const copyOut: Case = copies("relay-copy-out", "copy pgbench_accounts to stdout", undefined);

/** Rows of that kind, which the server reads and then throws away: to keep them is work that nobody between has a part in. */
export const copyIn: Case = copies("relay-copy-in", "copy pgbench_accounts from stdin where false", {
  messages: copyData(),
  times,
});

function copies(name: string, sql: string, data: CopyJob["data"]): Case {
  return {
    name,
    run: async (stage) => {
      const job = { kind: "copy", startup: startupPacket(guest), sql, data } as const;
      const trio = await stage.few();
      const contestants = trioContestants(
        trio,
        async (port, milliseconds) => {
          const { done, seconds, cpuSeconds } = await stage.generator.run({ ...job, port, milliseconds });
          const megabytes = done / 1e6;
          return { value: megabytes / seconds, operations: megabytes, loadCpuSeconds: cpuSeconds };
        },
        { pgbouncer: 1 },
      );
      return [await contest({ name, unit: "MB/s", better: "more", contestants }, stage.brief)];
    },
  };
}

function copyData(): Buffer {
  const row = `12345\t1\t0\t${" ".repeat(84)}\n`;
  const message = encodeMessage("d", Buffer.from(row.repeat(messageLength / row.length)));
  return Buffer.concat(Array.from({ length: messagesAtOnce }, () => message));
}
