import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Binaries } from "./binaries.ts";
import { EmbeddedError } from "./errors.ts";
import { namespaceUser, readPasswd } from "./passwd.ts";
import type { PasswdEntry } from "./passwd.ts";
import { runAs } from "./run.ts";
import type { Runner } from "./run.ts";

export interface RunnerSearch {
  readonly binaries: Binaries;
  readonly environment: Readonly<Record<string, string>>;
  /** The directory that the programs must reach. */
  readonly directory: string;
  /** The uid that owns the cluster, if there is one already: it goes on as it began. */
  readonly owner: number | undefined;
  readonly passwd?: readonly PasswdEntry[];
}

const probeWithinMs = 10_000;

/**
 * Chooses as whom to run the programs, by trying: the version is asked for as that user from that directory.
 *
 * @throws {EmbeddedError} `no_unprivileged_user`, `binaries_unusable` or `directory_unusable`
 */
export async function chooseRunner(search: RunnerSearch): Promise<Runner> {
  const us = process.geteuid?.() ?? 0;
  if (us !== 0 && search.owner !== undefined && search.owner !== us) {
    throw new EmbeddedError(
      "directory_unusable",
      `the cluster in "${search.directory}" belongs to user ${search.owner}`,
      {
        detail: `This process runs as user ${us}.`,
        hint: "Run as the owner, or choose another directory.",
      },
    );
  }
  const candidates = us === 0 ? rootCandidates(search) : [{ kind: "self", seesUsAs: ownName() } as const];
  const failures: string[] = [];
  for (const runner of candidates) {
    const failure = await tryRunner(runner, search);
    if (failure === undefined) return runner;
    failures.push(`${describeRunner(runner)}: ${failure}`);
  }
  const detail = failures.join("\n") || "There is no user for it in /etc/passwd.";
  if (us !== 0) {
    throw new EmbeddedError("binaries_unusable", `cannot run PostgreSQL from "${search.binaries.native}"`, {
      detail,
      hint: "The binaries need glibc (not musl) and a file system that allows programs.",
    });
  }
  throw new EmbeddedError(
    "no_unprivileged_user",
    "PostgreSQL does not run as root, and no other way works here",
    {
      detail,
      hint: 'Run as an ordinary user; or keep checkout and data where the OS user "postgres" or "nobody" can reach them.',
    },
  );
}

/** For notices and errors: `as OS user 101`. */
export function describeRunner(runner: Runner): string {
  if (runner.kind === "self") return `as OS user "${runner.seesUsAs}"`;
  return runner.kind === "user"
    ? `as OS user ${runner.uid}`
    : `in a user namespace where root is "${runner.seesUsAs}"`;
}

function rootCandidates(search: RunnerSearch): readonly Runner[] {
  const passwd = search.passwd ?? readPasswd();
  const { owner } = search;
  const users =
    owner === undefined
      ? ["postgres", "nobody"].flatMap((name) => passwd.find((entry) => entry.name === name) ?? [])
      : passwd.filter((entry) => entry.uid === owner).slice(0, 1);
  const placed = users
    .filter((entry) => entry.uid !== 0)
    .map(({ uid, gid }) => ({ kind: "user", uid, gid, seesUsAs: ownName() }) as const);
  const mask = owner === undefined || owner === 0 ? namespaceUser(passwd, overflowUid()) : undefined;
  if (mask === undefined) return placed;
  return [...placed, { kind: "namespace", uid: mask.uid, gid: mask.gid, seesUsAs: mask.name }];
}

/** @returns why it does not work, or undefined */
async function tryRunner(runner: Runner, search: RunnerSearch): Promise<string | undefined> {
  const { binaries, environment, directory } = search;
  const script = 'cd -- "$1" && exec "$2" --version';
  const args = ["-c", script, "sh", directory, binaries.postgres];
  const outcome = await runAs(runner, "/bin/sh", args, { environment, withinMs: probeWithinMs });
  if (outcome.status === 0) return undefined;
  return outcome.stderr.trim() || `ended with status ${outcome.status}`;
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    throw new EmbeddedError("no_unprivileged_user", "this process runs as an OS user without a name", {
      detail: `There is no passwd entry for user ${process.geteuid?.()}; PostgreSQL needs one.`,
      cause: error,
    });
  }
}

function overflowUid(): number {
  return Number(readFileSync("/proc/sys/kernel/overflowuid", "latin1"));
}
