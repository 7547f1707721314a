import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "@sallyport/testkit";
import { Client, connect, openSession, sendCancel, ServerError, WireError } from "@sallyport/wire";
import type { ConnectionOptions } from "@sallyport/wire";
import { logIn, repliesTo } from "../../../packages/gateway/test/raw-client.ts";
import type { Target } from "../../../packages/gateway/test/raw-client.ts";

/** What happened, and how often. */
export class Tally {
  readonly #counts = new Map<string, number>();

  note(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted(([one], [other]) => one.localeCompare(other)));
  }
}

/** Somebody who stays for some hundred queries, each of which has to be answered as it should. */
export async function stay(options: ConnectionOptions, r: Random, tally: Tally): Promise<void> {
  const client = await connect(options);
  try {
    for (let left = 50 + r.below(200); left > 0; left -= 1) {
      await r.weighted<() => Promise<void>>([
        [10, () => async () => await echo(client, r)],
        [2, () => async () => await large(client, r)],
        [2, () => async () => await transaction(client, r)],
        [2, () => async () => await mistake(client)],
      ])();
      tally.note("queries");
      await delay(r.below(100));
    }
  } finally {
    await client.close();
  }
}

async function echo(client: Client, r: Random): Promise<void> {
  const tag = String(r.below(1e9));
  const { rows } = await client.query("select $1::text", [tag], { timeout: 30_000 });
  if (rows[0]?.[0] !== tag) throw new Error(`asked ${tag}, was answered ${String(rows[0]?.[0])}`);
}

async function large(client: Client, r: Random): Promise<void> {
  const length = 1000 * (1 + r.below(300));
  const sql = "select repeat('x', $1::int) from generate_series(1, 3)";
  const { rows } = await client.query(sql, [String(length)], { timeout: 30_000 });
  if (rows.length !== 3 || rows.some(([text]) => text?.length !== length))
    throw new Error("a row is not whole");
}

async function transaction(client: Client, r: Random): Promise<void> {
  await client.simpleQuery("begin", { timeout: 30_000 });
  await echo(client, r);
  await client.simpleQuery(r.chance(0.5) ? "commit" : "rollback", { timeout: 30_000 });
  if (client.transactionStatus !== "I") throw new Error("the transaction is not over");
}

async function mistake(client: Client): Promise<void> {
  const error = await client.query("select 1/0", [], { timeout: 30_000 }).catch((reason: unknown) => reason);
  if (!(error instanceof ServerError) || error.code !== "22012")
    throw new Error(`expected 22012: ${String(error)}`);
}

/** Somebody who looks in and leaves, with a right or a wrong password. */
export async function lookIn(target: Target, r: Random, tally: Tally): Promise<void> {
  const wrong = r.chance(0.2);
  const login = { user: "app", database: "postgres", ...(wrong ? { password: "wrong" } : {}) };
  const last = (await repliesTo(target, login)).at(-1);
  const heard = last === undefined ? "nothing" : [last.kind, ...last.words.slice(0, 1)].join(" ");
  if (heard !== (wrong ? "E 28P01" : "Z")) throw new Error(`a login heard ${heard}`);
  tally.note(wrong ? "wrong passwords" : "logins");
}

/** Somebody who vanishes in the middle of what he asked for. */
export async function vanish(target: Target, query: Buffer, r: Random, tally: Tally): Promise<void> {
  const { socket, reader } = await logIn(target, { user: "app", database: "postgres" });
  socket.write(query);
  await delay(r.below(50));
  reader.release();
  socket.resetAndDestroy();
  tally.note("vanished");
}

/** Somebody who takes back what he asked for, and hears that. */
export async function takeBack(options: ConnectionOptions, tally: Tally): Promise<void> {
  const session = await openSession(options);
  const client = new Client(session);
  try {
    const query = client.query("select pg_sleep(30)", [], { timeout: 40_000 });
    const answer = query.catch((reason: unknown) => reason);
    // By then the server is at it: what comes too early finds nothing to cancel, and that is right, too.
    await delay(200);
    if (session.backendKey) await sendCancel(session.target, session.backendKey, AbortSignal.timeout(20_000));
    const error = await answer;
    if (!(error instanceof ServerError) || error.code !== "57014")
      throw new Error(`not cancelled: ${String(error)}`);
    tally.note("cancelled");
  } finally {
    await client.close();
  }
}

/** Does it again and again until the time is over; what goes wrong is noted. */
export async function again(end: number, tally: Tally, act: () => Promise<void>): Promise<void> {
  while (performance.now() < end) {
    try {
      await act();
    } catch (error) {
      const what = error instanceof WireError || error instanceof ServerError ? error.code : "";
      tally.note(`wrong: ${what} ${error instanceof Error ? error.message : String(error)}`);
      await delay(100);
    }
  }
}
