import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { connect } from "@sallyport/wire";
import type { Case } from "../case.ts";
import { contest } from "../contest.ts";
import { startGateway } from "../peers/gateway.ts";
import { peakMemoryOf } from "../peers/process.ts";
import type { Trio } from "../peers/trio.ts";
import { hbaText, serverOnly } from "../peers/world.ts";
import { compare } from "../result.ts";
import type { Result } from "../result.ts";
import { median } from "../statistics.ts";
import { fewRules } from "../stage.ts";

/** Of PostgreSQL's memory we may take a third. */
const memoryAim = 3;

export const load100k: Case = load("load-100k", 100_000, 2);
export const load1m: Case = load("load-1m", 1_000_000, 4);

/**
 * How long a start takes with so many rules, less a start with few; beside PostgreSQL's view of the same file. And how much memory
 * that takes at its height, beside the start of PostgreSQL with that file.
 */
function load(name: string, rules: number, aim: number): Case {
  return {
    name,
    long: rules > 100_000,
    run: async (stage) => {
      const [few, many] = [await stage.few(), await stage.many(rules)];
      const [small, large] = [hbaText(fewRules), hbaText(rules)];
      const peaks: number[] = [];
      const ours = async (): Promise<number> => {
        const [first, second] = [await start(few, small), await start(few, large)];
        peaks.push((second.peak - first.peak) / 1e6);
        return (second.milliseconds - first.milliseconds) / 1000;
      };
      const theirs = async (): Promise<number> => await viewSeconds(few.postgresql, large, rules);
      const time = await contest(
        {
          name,
          unit: "s",
          better: "less",
          warmUp: false,
          contestants: [
            { name: "sallyport", measure: async () => ({ value: await ours(), operations: 1 }) },
            {
              name: "pg_hba_file_rules",
              measure: async () => ({ value: await theirs(), operations: 1 }),
              atLeast: aim,
            },
          ],
        },
        stage.steady,
      );
      return [time, await memory(name, peaks, few, many)];
    },
  };
}

async function memory(name: string, peaks: readonly number[], few: Trio, many: Trio): Promise<Result> {
  const growth = async (whose: "postgresql" | "pgbouncer"): Promise<readonly number[]> => {
    const grown = (await peakMemoryOf(many[whose].pid)) - (await peakMemoryOf(few[whose].pid));
    return peaks.map(() => grown / 1e6);
  };
  return {
    name: `${name}-memory`,
    unit: "MB",
    ours: median(peaks),
    peers: new Map([
      ["postgresql", compare(peaks, await growth("postgresql"), "less", memoryAim)],
      ["pgbouncer", compare(peaks, await growth("pgbouncer"), "less")],
    ]),
    cpu: new Map(),
    strict: false,
  };
}

/** A gateway of its own, which is ended again. */
async function start(
  { postgresql, tls }: Trio,
  hba: string,
): Promise<{ readonly milliseconds: number; readonly peak: number }> {
  await using room = await tempDirectory(0o711);
  const directory = join(room.path, "gate");
  await using gateway = await startGateway({ directory, upstream: postgresql, hba, tls, pooled: false });
  return { milliseconds: gateway.startedInMs, peak: await peakMemoryOf(gateway.pid) };
}

/** A server reads its file anew whenever it is asked for the view, and goes on with the rules that it has. */
async function viewSeconds(server: TestPostgres, hba: string, rules: number): Promise<number> {
  const client = await connect({
    hosts: [{ host: server.socketDirectory, port: server.port }],
    user: server.superuser,
    database: "postgres",
    connectTimeout: 20_000,
    settings: new Map(),
    parameters: [],
  });
  const before = hbaText(fewRules);
  await server.writeFile("pg_hba.conf", serverOnly + hba);
  try {
    const began = performance.now();
    const { rows } = await client.query("select count(*) from pg_hba_file_rules where error is null", [], {
      timeout: 180_000,
    });
    const seconds = (performance.now() - began) / 1000;
    if (!(Number(rows[0]?.[0]) > rules)) throw new Error(`the view has ${String(rows[0]?.[0])} rules`);
    return seconds;
  } finally {
    await client.close();
    await server.writeFile("pg_hba.conf", serverOnly + before);
  }
}
