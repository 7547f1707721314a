import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "@sallyport/testkit";
import { Client, openSession, ServerError, WireError } from "@sallyport/wire";
import type { ErrorField } from "@sallyport/wire";

/** What all clients together have met. */
export interface Tally {
  answers: number;
  sessions: number;
  /** How often sessions, and attempts at one, ended with these words. */
  readonly ends: Map<string, number>;
  /** What must not be: an answer for somebody else, or an end without words of PostgreSQL. */
  readonly wrong: string[];
}

export function newTally(): Tally {
  return { answers: 0, sessions: 0, ends: new Map(), wrong: [] };
}

/** 57P01 and 57P02 end sessions, 57P03 is for who comes; each with the words of a server. */
const ending = /^57P0[123] /;

/** A client that asks for its own name again and again, and opens another session when it has lost one. */
export async function askOn(
  port: number,
  user: string,
  r: Random,
  tally: Tally,
  over: () => boolean,
): Promise<void> {
  while (!over()) {
    const notices: string[] = [];
    try {
      await session(port, user, r, tally, over, (fields) => notices.push(wordsOf(fields)));
    } catch (error) {
      const end = endOf(error, notices);
      tally.ends.set(end, (tally.ends.get(end) ?? 0) + 1);
      if (!ending.test(end)) tally.wrong.push(`${user}: ${end}`);
      await delay(10 + r.below(50));
    }
  }
}

async function session(
  port: number,
  user: string,
  r: Random,
  tally: Tally,
  over: () => boolean,
  onNotice: (fields: readonly ErrorField[]) => void,
): Promise<void> {
  const opened = await openSession(
    {
      hosts: [{ host: "127.0.0.1", port }],
      user,
      database: "postgres",
      parameters: [["application_name", `name of ${user}`]],
      connectTimeout: 30_000,
      settings: new Map([["sslmode", "disable"]]),
    },
    AbortSignal.timeout(60_000),
  );
  const client = new Client(opened, { onNotice });
  tally.sessions += 1;
  try {
    for (let n = 0; !over(); n += 1) {
      const tag = `${user} ${n}`;
      const sql = `select session_user || ' ${n}', current_setting('application_name'), ${questions[r.below(3)]}`;
      const [result] = await client.simpleQuery(sql, { timeout: 30_000 });
      const [said, name] = result?.rows[0] ?? [];
      if (said !== tag || name !== `name of ${user}`) tally.wrong.push(`${tag}: heard ${said}, ${name}`);
      tally.answers += 1;
      await delay(r.below(20));
    }
  } catch (error) {
    // Lost between two questions: what the next one met says less than what was heard before.
    if (!(error instanceof WireError) || error.code !== "aborted") throw error;
    throw (await client.closed) ?? error;
  } finally {
    await client.close();
  }
}

/** A short answer, a late one, and one that is larger than any buffer. */
const questions = ["1", "pg_sleep(0.02)", "repeat('x', 50000) from generate_series(1, 20)"];

/** An immediate shutdown, and the crash of another session, are said in a notice; then the connection ends. */
function endOf(error: unknown, notices: readonly string[]): string {
  if (error instanceof ServerError) return wordsOf(error.fields);
  const last = notices.at(-1);
  const closed = error instanceof WireError && error.code === "peer_closed";
  return closed && last !== undefined ? last : String(error);
}

function wordsOf(fields: readonly ErrorField[]): string {
  const valueOf = (type: string): string => fields.find((field) => field.type === type)?.value ?? "";
  return `${valueOf("C")} ${valueOf("M")}`;
}
