import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { tempDirectory } from "@sallyport/testkit";
import type { Case } from "../case.ts";
import { startGateway } from "../peers/gateway.ts";
import { startPgbouncer } from "../peers/pgbouncer.ts";
import { memoryOf } from "../peers/process.ts";
import { guest, hbaText, startupPacket } from "../peers/world.ts";
import { compare } from "../result.ts";
import { fewRules } from "../stage.ts";
import type { Stage } from "../stage.ts";

const unit = "MB";
const million = 1_000_000;

/** What a million rules take once they are loaded. */
export const memoryOfRules: Case = {
  name: "memory-1m-rules",
  long: true,
  run: async (stage) => {
    const [few, many] = [await stage.few(), await stage.many(million)];
    const growth = (whose: "sallyport" | "pgbouncer" | "postgresql"): number[] => [
      (many.atRest[whose] - few.atRest[whose]) / 1e6,
    ];
    const ours = growth("sallyport");
    return [
      {
        name: "memory-1m-rules",
        unit,
        ours: ours[0] ?? Number.NaN,
        peers: new Map([
          ["postgresql", compare(ours, growth("postgresql"), "less")],
          ["pgbouncer", compare(ours, growth("pgbouncer"), "less")],
        ]),
        cpu: new Map(),
        strict: false,
      },
    ];
  },
};

const sessions = 10_000;
/** Megabytes that so many clients may take. */
const idleAim = 150;
const settleMs = 2000;

/** Clients that are in and ask for nothing: what they take of an empty gateway's memory, and of PgBouncer's. */
export const memoryOfClients: Case = {
  name: "memory-10k-idle",
  run: async (stage) => {
    if (!stage.pooled) throw new Error("without pooling each client has a session of its own in PostgreSQL");
    const { postgresql: upstream, tls, secret } = await stage.few();
    await using room = await tempDirectory(0o711);
    const making = { upstream, hba: hbaText(fewRules), tls };
    await using sallyport = await startGateway({
      ...making,
      directory: join(room.path, "sallyport"),
      pooled: true,
    });
    await using pgbouncer = await startPgbouncer({
      ...making,
      directory: join(room.path, "pgbouncer"),
      secret,
    });
    const ours = [await growth(stage, sallyport)];
    const theirs = [await growth(stage, pgbouncer)];
    const allowed = compare(ours, [idleAim], "less", 1);
    return [
      {
        name: "memory-10k-idle",
        unit,
        ours: ours[0] ?? Number.NaN,
        peers: new Map([
          ["pgbouncer", compare(ours, theirs, "less")],
          [`${idleAim} MB`, allowed],
        ]),
        cpu: new Map(),
        strict: false,
      },
    ];
  },
};

async function growth(
  { generator }: Stage,
  { pid, port }: { readonly pid: number; readonly port: number },
): Promise<number> {
  await delay(settleMs);
  const empty = await memoryOf(pid);
  await generator.run({ kind: "hold", port, startup: startupPacket(guest), sessions });
  await delay(settleMs);
  const full = await memoryOf(pid);
  await generator.run({ kind: "release" });
  return (full - empty) / 1e6;
}
