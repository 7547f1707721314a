import type { Socket } from "node:net";
import { expect } from "vitest";
import { seededRandom } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import type { Target } from "../../raw-client.ts";
import { aMoment, converse, isIn, outline, refusal, writeAtOnce, writeByteByByte } from "../conversation.ts";
import type { Line, Talk } from "../conversation.ts";
import { startTwins } from "../twins.ts";
import type { Twins } from "../twins.ts";
import { hba, somePlan, statements } from "./plan.ts";
import type { Plan } from "./plan.ts";

/** Seconds. */
const authenticationTimeout = 3;
/** Pairs of conversations at a time. */
const atATime = 8;

export interface FuzzOptions {
  readonly seed: number;
  readonly conversations: number;
}

/** How many conversations came to what: the kind of the last message, and the SQLSTATE of an error. */
export type Outcomes = Readonly<Record<string, number>>;

/** Holds conversations that go wrong with the gate and with PostgreSQL, which must come to the same. */
export async function fuzz({ seed, conversations }: FuzzOptions): Promise<Outcomes> {
  await using twins = await startTwins({
    hba,
    statements,
    conf: `authentication_timeout = ${authenticationTimeout}s\nlog_connections = ''\nlog_disconnections = off\npool_idle_timeout = 1\n`,
    settings: { authentication_timeout: String(authenticationTimeout) },
  });
  const sockets = openSockets();
  const outcomes = new Map<string, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < conversations) {
      const number = next++;
      const plan = somePlan(seededRandom(seed + number * 7919));
      const cuts = seed + number;
      const talk = await compared(twins, plan, cuts, `conversation ${number} of SEED=${seed}: ${plan.words}`);
      const kind = outcomeOf(talk);
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  await nothingIsLeft(twins, sockets);
  return Object.fromEntries([...outcomes].toSorted(([, one], [, other]) => other - one));
}

/** @returns our side's conversation, which was PostgreSQL's too */
async function compared(twins: Twins, plan: Plan, cuts: number, title: string): Promise<Talk> {
  const both = async (): Promise<readonly [Held, Held]> =>
    await Promise.all([held(twins.ours, plan, cuts), held(twins.theirs, plan, cuts)]);
  let [ours, theirs] = await both();
  // A busy machine makes time-outs, and resets that overtake what was said; what is different is so each time.
  for (let again = 0; again < 3 && !sameAs(ours, theirs); again += 1) [ours, theirs] = await both();
  if (plan.ending !== "leave") {
    expect(alike(ours.talk), `${title}\n${ours.said}\n${theirs.said}`).toEqual(alike(theirs.talk));
    expect(ours.talk.closed, `in ${title}`).toBe(true);
  }
  expect(ours.talk.milliseconds, `in ${title}`).toBeLessThan(authenticationTimeout * 1000 + 10_000);
  expect(refusal(ours.talk)[0], `in ${title}`).not.toBe("XX000");
  const mayBeIn = plan.knowing || ours.said.includes("guest");
  expect(isIn(ours.talk) && !mayBeIn, `in ${title}`).toBe(false);
  return ours.talk;
}

interface Held {
  readonly talk: Talk;
  /** All that was said, for people to read. */
  readonly said: string;
}

async function held(target: Target, plan: Plan, cuts: number): Promise<Held> {
  let said = "";
  const lines = plan.lines().map((line): Line => async (heard) => {
    const bytes = typeof line === "function" ? await line(heard) : line;
    said += `${JSON.stringify(bytes.toString("latin1"))} `;
    return bytes;
  });
  const write = writer(plan.segments, seededRandom(cuts));
  // Longer than any stranger may take; what stands by then is a session, which may take for ever.
  const patience = authenticationTimeout * 1000 + 2000;
  const talk = await converse(target, lines, plan.ending, { write, patience });
  return { talk, said };
}

function writer(segments: Plan["segments"], r: Random): (socket: Socket, bytes: Buffer) => Promise<void> {
  switch (segments) {
    case "one":
      return writeAtOnce;
    case "each byte":
      return writeByteByByte;
    case "some":
      return async (socket, bytes) => {
        for (let at = 0; at < bytes.length;) {
          const end = at + 1 + r.below(bytes.length - at);
          await writeAtOnce(socket, bytes.subarray(at, end));
          await aMoment();
          at = end;
        }
      };
  }
}

function sameAs(ours: Held, theirs: Held): boolean {
  return JSON.stringify(alike(ours.talk)) === JSON.stringify(alike(theirs.talk));
}

/**
 * What two servers must say alike: up to the session, for what comes behind it is the server's own. Where a line was
 * made of their nonces, what is wrong with it is theirs.
 */
function alike(talk: Talk): readonly string[] {
  const all = outline(talk);
  const words = all.slice(0, all.indexOf("Z | I") + 1 || all.length);
  if (!talk.heard.some(({ kind }) => kind === "R 11" || kind === "R 5")) return words;
  return words.map((line) =>
    line.replace(
      /(?<=^E \| 08P01 \| (?:malformed SCRAM message|expected \w+ response, got message type)).*/s,
      "",
    ),
  );
}

function outcomeOf(talk: Talk): string {
  const last = talk.heard.findLast(({ kind }) => /^[ERNZ]/.test(kind));
  return [last?.kind ?? "silence", ...refusal(talk).slice(0, 1)].join(" ");
}

/** The places are free, the sockets closed, and nothing was wrong inside. */
async function nothingIsLeft(twins: Twins, sockets: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (openSockets() > sockets && performance.now() < deadline) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(sockets);
  expect(twins.gate.log()).not.toMatch(/XX000|internal error|no decision could be made/);
  const { stdout } = await twins.server.psql([
    "-c",
    "select count(*) from pg_stat_activity where backend_type = 'client backend' and application_name <> 'sallyport catalogue'",
  ]);
  expect(stdout).toBe("1\n"); // the one that asks
}

/** Of this process, which holds both ends. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(?:TCP|Pipe)(?:Socket)?Wrap$/.test(name)).length;
}
