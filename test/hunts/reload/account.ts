import { expected, policySha256 } from "./generation.ts";
import type { HbaVersion, IdentVersion, Verdict } from "./generation.ts";

/** What decided for a while. */
interface Pair {
  readonly hba: HbaVersion;
  readonly ident: IdentVersion;
}

/** A login as the log has it. */
interface Login {
  readonly role: string;
  /** How many reloads the log had when the client came, and when it had been decided. */
  readonly from: number;
  readonly to: number;
  readonly verdict: { readonly outcome: Verdict["outcome"]; readonly line: number | null };
}

export interface Account {
  readonly logins: number;
  readonly reloads: number;
  readonly refusals: number;
  /** Logins that no pair explains that counted while they were decided, with their lines of the log. */
  readonly unexplained: readonly string[];
}

/**
 * Goes through the log of a gateway (`log_line_prefix = '%p '`, log_connections = all). Each reload says by its sha256
 * what decides from there on; each login must be what one such pair of files gives that counted between its first line and
 * its verdict.
 */
export function accountOf(
  log: string,
  hbas: readonly HbaVersion[],
  idents: readonly IdentVersion[],
): Account {
  const known = new Map(
    hbas.flatMap((hba) => idents.map((ident) => [policySha256(hba, ident), { hba, ident }] as const)),
  );
  const pairs: Pair[] = [];
  const first = known.get(policySha256(...firstOf(hbas, idents)));
  if (first) pairs.push(first);
  const arrivals = new Map<string, number>();
  const logins: Login[] = [];
  let refusals = 0;
  for (const line of log.split("\n")) {
    const [, pid = "", text = ""] = /^(\d+) (.*)$/.exec(line) ?? [];
    const sha = /^LOG: {2}reload: .*; policy sha256=(\w+)$/.exec(text)?.[1];
    if (sha !== undefined) {
      const pair = known.get(sha);
      if (!pair) throw new Error(`nobody wrote files of this sha256: ${text}`);
      pairs.push(pair);
      if (text.includes(" refused")) refusals += 1;
    }
    if (text.startsWith("LOG:  connection received")) arrivals.set(pid, pairs.length);
    const decided = decisionOf(text);
    const from = arrivals.get(pid);
    if (decided && from !== undefined) {
      arrivals.delete(pid);
      logins.push({ ...decided, from: from - 1, to: pairs.length - 1 });
    }
  }
  const unexplained = logins.filter((login) => !explains(pairs.slice(login.from, login.to + 1), login));
  return {
    logins: logins.length,
    reloads: pairs.length - 1,
    refusals,
    unexplained: unexplained.map((login) => JSON.stringify(login)),
  };
}

function firstOf<A, B>([hba]: readonly A[], [ident]: readonly B[]): [A, B] {
  if (hba === undefined || ident === undefined) throw new RangeError("there are no files");
  return [hba, ident];
}

function explains(pairs: readonly Pair[], { role, verdict }: Login): boolean {
  return pairs.some(({ hba, ident }) => {
    const { outcome, line } = expected(role, hba, ident);
    return outcome === verdict.outcome && (verdict.line === null || verdict.line === line);
  });
}

/** The line of the log by which a login is decided; a reject has no number. */
function decisionOf(text: string): Pick<Login, "role" | "verdict"> | null {
  const admitted = /^LOG: {2}connection authorized: user=(\w+) .* rule=\S+:(\d+) /.exec(text);
  if (admitted) return { role: admitted[1] ?? "", verdict: { outcome: "in", line: Number(admitted[2]) } };
  const rejected = /^FATAL: {2}pg_hba\.conf rejects connection .* user "(\w+)"/.exec(text);
  if (rejected) return { role: rejected[1] ?? "", verdict: { outcome: "rejected", line: null } };
  const failed = /^FATAL: {2}Peer authentication failed for user "(\w+)"/.exec(text);
  return failed && { role: failed[1] ?? "", verdict: { outcome: "failed", line: null } };
}
