import { utf8Bytes, utf8Text } from "@sallyport/policy";
import { refusedByServer, refusedByUs } from "./loading.ts";
import { connectionsLogged, logLength } from "./server-log.ts";
import type { ConnectionLog } from "./server-log.ts";
import type { Answered } from "./knock.ts";
import type { Answer, Asked } from "./explain-batch.ts";
import { count } from "../contest.ts";
import type { Round } from "../contest.ts";
import { plantTree } from "@sallyport/testkit";
import type { Major, TestPostgres, Tree } from "@sallyport/testkit";

export interface DecisionOracle {
  readonly server: TestPostgres;
  readonly major: Major;
  /** Our side: one answer for each attempt, by the server's own files. */
  readonly answers: (attempts: readonly Asked[]) => Promise<readonly Answer[]>;
  /** Makes a connection; those over the Unix socket are made one at a time. */
  readonly knock: (attempt: Asked) => Promise<Answered>;
}

/** What one connection came to at the server. */
interface Observed {
  readonly outcome: "authenticate" | "refuse";
  readonly sqlstate: string | null;
  readonly message: string | null;
  /** `FILE:LINE` of the rule that let in, or whose map did not; of other refusals a server logs none. */
  readonly line: string | null;
  /** What it logged about the map. */
  readonly map: string | null;
  readonly detail: string | null;
  /** The FATAL of a check after authentication. */
  readonly then: string | null;
}

/** Loads a tree into the server, makes every attempt, and asks us about the same. */
export async function compareDecisions(
  oracle: DecisionOracle,
  tree: Tree,
  attempts: readonly Asked[],
): Promise<Round> {
  const { server, major, answers } = oracle;
  const remove = await plantTree(server, tree);
  try {
    const said = await server.reload();
    const about = treeText(tree);
    if (said.includes("not reloaded")) return { ...notLoaded(said, await refusedByUs(server)), about };
    const [ours, theirs] = [await answers(attempts), await observe(oracle, attempts)];
    return { ...compareAll(major, attempts, theirs, ours), about };
  } finally {
    await remove();
  }
}

/** A generated file may be broken for some version, and then has to be for us. */
function notLoaded(said: string, ours: readonly string[]): Round {
  const theirs = refusedByServer(said);
  const equal = theirs.join() === ours.join();
  const differences = equal ? [] : [`not reloaded by us: ${ours.join() || "none"}\nserver: ${said}`];
  return { cases: 1, outcomes: new Map([["a file that neither loads", 1]]), differences };
}

function treeText(tree: Tree): string {
  const shown = [...tree].map(([name, entry]) =>
    entry.kind === "file" ? `--- ${name}\n${utf8Text(entry.bytes)}` : `--- ${name} (${entry.kind})\n`,
  );
  return shown.join("");
}

function compareAll(
  major: Major,
  attempts: readonly Asked[],
  theirs: readonly Observed[],
  ours: readonly Answer[],
): Round {
  const outcomes = new Map<string, number>();
  const differences: string[] = [];
  for (const [at, attempt] of attempts.entries()) {
    const our = ours[at];
    count(outcomes, our && "outcome" in our ? our.outcome : "error");
    const [expected, got] = [theirs[at], our && predicted(our, attempt, major)].map((one) =>
      JSON.stringify(one),
    );
    if (expected === got) continue;
    differences.push(
      `${JSON.stringify(attempt)}\nserver: ${expected}\nours:   ${got}\nwhole:  ${JSON.stringify(our)}`,
    );
  }
  return { cases: attempts.length, outcomes, differences };
}

/** Of our answer what a server shows of its own. Whoever is asked for a password gives a wrong one. */
function predicted(answer: Answer, { user }: Asked, major: Major): Observed | Answer {
  if ("error" in answer || answer.outcome === "unknown") return answer;
  const { outcome, sqlstate, message, rule, mapping, detail, then } = answer;
  const line = rule && `${rule.file_name}:${rule.line_number}`;
  if (outcome === "authenticate" && rule?.auth_method === "password") {
    const cut = utf8Text(utf8Bytes(user).slice(0, 63));
    const failed = `password authentication failed for user "${cut}"`;
    const none = { map: null, detail: null, then: null };
    return { outcome: "refuse", sqlstate: "28P01", message: failed, line, ...none };
  }
  const admits = outcome === "authenticate";
  const logged = major >= (rule?.auth_method === "trust" ? 17 : 14);
  const fatal = then.find((step) => step.startsWith("FATAL:  "));
  return {
    outcome: admits ? "authenticate" : "refuse",
    sqlstate,
    message,
    line: logged && (admits || outcome === "refused") ? line : null,
    map: mapping?.error ?? null,
    detail,
    then: fatal?.slice("FATAL:  ".length) ?? null,
  };
}

/** TCP connections are made side by side; those over the Unix socket one after another, since they have no port. */
async function observe({ server, knock }: DecisionOracle, attempts: readonly Asked[]): Promise<Observed[]> {
  const from = await logLength(server);
  const made: { readonly at: number; readonly peer: string; readonly answered: Answered }[] = [];
  const lane = async (queue: [number, Asked][]): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [at, attempt] = next;
      const answered = await knock(attempt);
      const peer = attempt.address === null ? "[local]" : `${attempt.address}(${answered.localPort})`;
      made.push({ at, peer, answered });
    }
  };
  const local = [...attempts.entries()].filter(([, { address }]) => address === null);
  const tcp = [...attempts.entries()].filter(([, { address }]) => address !== null);
  await Promise.all([lane(local), lane(tcp), lane(tcp), lane(tcp)]);

  // A port may have served twice, but never at once: the log has both in the order in which they were answered.
  const logs = Map.groupBy(await connectionsLogged(server, from), ({ peer }) => peer);
  const seen: Observed[] = [];
  for (const { at, peer, answered } of made) {
    const log = logs.get(peer)?.shift();
    if (!log) throw new Error(`nothing in the log about ${peer}`);
    seen[at] = observed(answered, log, server.paths.hba);
  }
  if ([...logs.values()].some((left) => left.length > 0))
    throw new Error("more connections in the log than made");
  return seen;
}

function observed({ admitted, fatal }: Answered, { messages }: ConnectionLog, hba: string): Observed {
  const find = (pattern: RegExp): string | null =>
    messages.map(({ text }) => pattern.exec(text)?.[1]).find((match) => match !== undefined) ?? null;
  const log = {
    line: find(/^connection authenticated: .* method=[\w-]+ \((.*:\d+)\)$/s),
    map: find(/^((?:no match in usermap|provided user name|regular expression) .*)$/s),
  };
  if (admitted) {
    const then = fatal?.message ?? null;
    return { outcome: "authenticate", sqlstate: null, message: null, ...log, detail: null, then };
  }
  const { sqlstate = null, message = null } = fatal ?? {};
  const detail = messages.find(({ level }) => level === "DETAIL")?.text ?? null;
  const [, file = hba, line] =
    /(?:^|\t)Connection matched (?:file "(.*?)"|pg_hba\.conf) line (\d+): /s.exec(detail ?? "") ?? [];
  // Of a password the detail also says what was wrong with it.
  if (sqlstate === "28P01") {
    const matched = line === undefined ? null : `${file}:${line}`;
    return { outcome: "refuse", sqlstate, message, line: matched, map: null, detail: null, then: null };
  }
  return { outcome: "refuse", sqlstate, message, ...log, detail, then: null };
}
