import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { command } from "@sallyport/testkit";
import { database } from "../peers/world.ts";

/** Debian's, installed or unpacked by tools/setup.mjs. */
const places = [
  "/usr/lib/postgresql/15/bin/pgbench",
  fileURLToPath(new URL("../../tools/servers/debian-15/usr/lib/postgresql/15/bin/pgbench", import.meta.url)),
];

/** Where pgbench connects to, and as whom. */
export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Default: disable. */
  readonly sslmode?: "disable" | "require";
}

export interface PgbenchReport {
  readonly transactions: number;
  /** A second, without the time that the first connections took. */
  readonly rate: number;
}

/**
 * Runs pgbench to its end.
 *
 * @throws {Error} if a transaction failed
 */
export async function pgbench(target: LoadTarget, args: readonly string[]): Promise<string> {
  const program = places.find((place) => existsSync(place));
  if (program === undefined) throw new Error("there is no pgbench: node tools/setup.mjs --bench");
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
  const env = {
    ...Object.fromEntries(ours),
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGDATABASE: database,
    PGSSLMODE: target.sslmode ?? "disable",
    PGGSSENCMODE: "disable",
  };
  const { status, stdout, stderr } = await command(program, args, { env, timeoutMs: 180_000 });
  if (status !== 0) throw new Error(`pgbench ${args.join(" ")} failed (${status}):\n${stderr.slice(-1000)}`);
  return stdout;
}

/** @param seconds how long, in whole ones */
export async function runTransactions(
  target: LoadTarget,
  seconds: number,
  args: readonly string[],
): Promise<PgbenchReport> {
  const said = await pgbench(target, ["--no-vacuum", `--time=${Math.ceil(seconds)}`, ...args]);
  const transactions = Number(/^number of transactions actually processed: (\d+)/m.exec(said)?.[1]);
  const rate = Number(/^tps = ([\d.]+)/m.exec(said)?.[1]);
  const failed = Number(/^number of failed transactions: (\d+)/m.exec(said)?.[1] ?? 0);
  if (failed > 0 || !(transactions > 0) || !(rate > 0)) throw new Error(`pgbench failed:\n${said}`);
  return { transactions, rate };
}
