import { expect, test } from "vitest";
import { seededRandom, startPostgres } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import { Client, encodeCancelRequest, openSession, ServerError } from "@sallyport/wire";
import type { BackendKey } from "@sallyport/wire";
import { run, setUp, startGate } from "../../packages/gateway/test/gate.ts";
import { knock } from "../../packages/gateway/test/raw-client.ts";
import type { Target } from "../../packages/gateway/test/raw-client.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const cancels = Number(process.env["CANCELS"] ?? 1000);
const sessions = Number(process.env["SESSIONS"] ?? 40);

/** What a session has been asked, and whether somebody has asked to cancel just that. */
interface Query {
  readonly tag: string;
  cancelled: boolean;
}

/** A session that asks one query after the other. */
interface Worker {
  readonly client: Client;
  readonly key: BackendKey;
  query: Query | null;
  /** Cancels that are on their way: as a good client does, the next query waits for them. */
  readonly underWay: Set<Promise<Buffer>>;
}

/** Queries that failed though nobody had asked to cancel them. */
const strays: string[] = [];
const counts = { answered: 0, hit: 0, missed: 0, idle: 0, wrong: 0 };

test(`each cancel hits its own query or nothing (SEED=${seed} CANCELS=${cancels} SESSIONS=${sessions})`, async () => {
  await using server = await startPostgres({ settings: { max_connections: String(sessions + 20) } });
  await run(server, setUp);
  const conf = `max_connections = ${sessions * 2 + 20}\n`;
  await using gate = await startGate(server, { hba: "host all all all trust\n", conf });
  const workers = await Promise.all(Array.from({ length: sessions }, async () => await enter(gate.port)));

  const r = seededRandom(seed);
  const started = performance.now();
  let over = false;
  const running = Promise.all(
    workers.map(async (worker, n) => await work(worker, n, seededRandom(seed + n + 1), () => over)),
  );
  for (let sent = 0; sent < cancels; sent += 20) {
    const burst = r.many(20, 20, () => r.below(sessions));
    await Promise.all(burst.map(async (n) => await cancelOne(workers[n], r, gate.tcp)));
  }
  over = true;
  await running;
  const seconds = (performance.now() - started) / 1000;
  console.info(
    `${cancels} cancels in ${seconds.toFixed(1)} s at ${sessions} sessions: ${JSON.stringify(counts)}`,
  );
  expect(strays).toEqual([]);
  expect(counts.hit).toBeGreaterThan(cancels / 10);
  expect(counts.hit + counts.missed).toBeLessThanOrEqual(cancels);
  await Promise.all(workers.map(async ({ client }) => await client.close()));
});

async function enter(port: number): Promise<Worker> {
  const session = await openSession({
    hosts: [{ host: "127.0.0.1", port }],
    user: "app",
    database: "shop",
    settings: new Map([["sslmode", "disable"]]),
  });
  if (session.backendKey === null) throw new Error("there was no key");
  return { client: new Client(session), key: session.backendKey, query: null, underWay: new Set() };
}

async function work(worker: Worker, n: number, r: Random, over: () => boolean): Promise<void> {
  for (let round = 0; !over(); round += 1) {
    const query: Query = { tag: `${n}/${round}`, cancelled: false };
    worker.query = query;
    const seconds = r.chance(0.1) ? 0 : r.below(200) / 1000;
    let failure: string | null = null;
    try {
      const [result] = await worker.client.simpleQuery(`select '${query.tag}' from pg_sleep(${seconds})`);
      expect(result?.rows).toEqual([[query.tag]]);
      counts.answered += 1;
      if (query.cancelled) counts.missed += 1;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      failure = error.code;
    }
    worker.query = null;
    if (failure === "57014" && query.cancelled) counts.hit += 1;
    else if (failure !== null) strays.push(`${query.tag}: ${failure}, asked to cancel: ${query.cancelled}`);
    await Promise.all(worker.underWay);
  }
}

/** A right key nine times in ten; a wrong one, from somewhere else, may do nothing. */
async function cancelOne(worker: Worker | undefined, r: Random, target: Target): Promise<void> {
  if (worker === undefined) return;
  if (r.chance(0.1)) {
    counts.wrong += 1;
    const secretKey = Buffer.from(r.many(4, 4, () => r.below(256)));
    await knock(
      { ...target, localAddress: "127.0.0.200" },
      encodeCancelRequest({ ...worker.key, secretKey }),
    );
    return;
  }
  if (worker.query === null) {
    counts.idle += 1;
    return;
  }
  worker.query.cancelled = true;
  const sent = knock(target, encodeCancelRequest(worker.key));
  worker.underWay.add(sent);
  expect(await sent).toEqual(Buffer.of());
  worker.underWay.delete(sent);
}
