import { utf8Text } from "@sallyport/policy";
import type { LoginAttempt, Tree } from "@sallyport/testkit";
import { converse } from "./client.ts";
import type { Conversation, Seen } from "./client.ts";
import { connectionsIn, logBehind } from "./log.ts";
import type { MockSalts } from "./may-differ.ts";
import { transcript } from "./transcript.ts";
import type { Pair, Twin } from "./twins.ts";

/** What one connection came to on one side, as far as twins must agree on it. */
export interface Observed {
  readonly seen: readonly string[];
  readonly logged: readonly string[];
}

/** An attempt on both sides. */
export interface Compared {
  readonly attempt: LoginAttempt;
  readonly server: Observed;
  readonly gateway: Observed;
}

/** What is remembered from file to file. */
export interface Memory {
  /** Salts of the secrets, in base64. */
  readonly secrets: ReadonlySet<string>;
  readonly mocks: Readonly<Record<Twin["name"], MockSalts>>;
}

export function newMemory(secrets: ReadonlySet<string>): Memory {
  return { secrets, mocks: { PostgreSQL: new Map(), gateway: new Map() } };
}

/**
 * Makes every attempt on both sides at the same time; those over the Unix socket one after another. Nothing else is
 * done meanwhile: to connect as another OS user the whole process becomes that user for a moment.
 */
export async function compareAttempts(
  { server, gateway }: Pair,
  attempts: readonly LoginAttempt[],
  memory: Memory,
): Promise<readonly Compared[]> {
  const twins = [server, gateway];
  const before = await Promise.all(twins.map(async ({ log }) => (await log()).length));
  const made = await Promise.all(twins.map(async (twin) => await makeAll(twin, attempts)));
  const [theirs = [], ours = []] = await Promise.all(
    twins.map(async (twin, at) => await observe(twin, made[at] ?? [], before[at] ?? 0, memory)),
  );
  return attempts.map((attempt, at) => ({
    attempt,
    server: theirs[at] ?? nothing,
    gateway: ours[at] ?? nothing,
  }));
}

const nothing: Observed = { seen: ["nothing"], logged: [] };

interface Made {
  readonly at: number;
  readonly attempt: LoginAttempt;
  readonly conversation: Conversation;
}

async function makeAll(twin: Twin, attempts: readonly LoginAttempt[]): Promise<readonly Made[]> {
  const made: Made[] = [];
  const lane = async (queue: [number, LoginAttempt][]): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [at, attempt] = next;
      made.push({ at, attempt, conversation: await converse(twin, attempt) });
    }
  };
  const local = [...attempts.entries()].filter(([, { address }]) => address === null);
  const tcp = [...attempts.entries()].filter(([, { address }]) => address !== null);
  await Promise.all([lane(local), lane(tcp), lane(tcp), lane(tcp)]);
  return made;
}

/** Over TCP the log tells connections apart by their ports; over the Unix socket by their order alone. */
async function observe(
  twin: Twin,
  made: readonly Made[],
  before: number,
  { secrets, mocks }: Memory,
): Promise<readonly Observed[]> {
  const sessions = made.filter(({ conversation }) => conversation.seen.some(isReady));
  const log = await logBehind(twin, before, sessions.length);
  const logs = Map.groupBy(connectionsIn(log), ({ peer }) => peer);
  const all: Observed[] = [];
  for (const { at, attempt, conversation } of made) {
    const peer = attempt.address === null ? "[local]" : `${attempt.address}(${conversation.localPort})`;
    const logged = logs.get(peer)?.shift()?.messages ?? ["nothing"];
    const seen = transcript(attempt, conversation.seen, { secrets, mocks: mocks[twin.name] });
    all[at] = { seen, logged };
  }
  if ([...logs.values()].some((left) => left.length > 0))
    throw new Error(`the log of the ${twin.name} has more connections than were made`);
  return all;
}

function isReady(seen: Seen): boolean {
  return seen.kind === "message" && seen.message.type === "Z";
}

/** Whoever reads this has the connection and what both sides made of it. Null: they agree. */
export function difference({ attempt, server, gateway }: Compared): string | null {
  const [theirs, ours] = [linesOf(server), linesOf(gateway)];
  if (JSON.stringify(theirs) === JSON.stringify(ours)) return null;
  return [
    `attempt ${JSON.stringify(attempt)}`,
    ...marked("PostgreSQL", theirs, ours),
    ...marked("gateway", ours, theirs),
  ].join("\n");
}

function linesOf({ seen, logged }: Observed): readonly string[] {
  return seen.concat(logged.map((line) => `log ${line}`));
}

/** Lines that the other side has not are marked. */
function marked(name: string, lines: readonly string[], others: readonly string[]): readonly string[] {
  return [`--- ${name}`, ...lines.map((line) => `${others.includes(line) ? "  " : "* "}${line}`)];
}

export function treeText(tree: Tree): string {
  const shown = [...tree].map(([name, entry]) =>
    entry.kind === "file" ? `--- ${name}\n${utf8Text(entry.bytes)}` : `--- ${name} (${entry.kind})\n`,
  );
  return shown.join("");
}
