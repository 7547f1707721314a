import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { freePort, seededRandom, startPostgres, tempDirectory } from "@sallyport/testkit";
import { encodeQuery, Secret } from "@sallyport/wire";
import type { ConnectionOptions } from "@sallyport/wire";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import { figuresOf, median } from "./hostile/process.ts";
import type { ProcessFigures } from "./hostile/process.ts";
import { again, lookIn, stay, takeBack, Tally, vanish } from "./soak/visitors.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const seconds = Number(process.env["SECONDS"] ?? 3600);

test(
  `a long ordinary day (SEED=${seed} SECONDS=${seconds})`,
  async () => {
    await using server = await startPostgres({ settings: { max_connections: "150" } });
    const statements = [
      "create role sallyport login",
      "grant select on pg_authid to sallyport",
      "create role app login password 'app-secret'",
    ];
    await server.psql(statements.flatMap((sql) => ["-c", sql]));
    await using room = await tempDirectory();
    const directory = join(room.path, "gate");
    const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
    expect((await sallyport(["init", "-D", directory, "--upstream", upstream])).stderr).toBe("");
    const rules = "host all all 127.0.0.1/32 scram-sha-256\nlocal all all scram-sha-256\n";
    const hba = async (text: string): Promise<void> => await writeFile(join(directory, "pg_hba.conf"), text);
    await hba(rules);
    const [port, metricsPort] = [await freePort(), await freePort()];
    const settings = {
      port,
      unix_socket_directories: room.path,
      max_connections: 120,
      metrics_address: `127.0.0.1:${metricsPort}`,
      log_connections: "",
      log_disconnections: "off",
      config_watch: "on",
    };
    const own = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    // A small heap: what is not held is given back soon, and what is held shows.
    const env = { NODE_OPTIONS: "--max-old-space-size=64 --max-semi-space-size=2" };
    await using gate = await serve(["-D", directory, ...own], { env });

    const tally = new Tally();
    const end = performance.now() + seconds * 1000;
    const r = seededRandom(seed);
    const tcp = { host: "127.0.0.1", port };
    const path = join(room.path, `.s.PGSQL.${port}`);
    const options: ConnectionOptions = {
      hosts: [{ host: "127.0.0.1", address: "127.0.0.1", port, password: new Secret("app-secret") }],
      user: "app",
      database: "postgres",
    };
    const query = encodeQuery("select repeat('y', 100000) from generate_series(1, 1000)");
    const every = (milliseconds: number, act: () => Promise<void>): Promise<void> =>
      again(end, tally, async () => {
        await act();
        await delay(Math.max(0, Math.min(milliseconds, end - performance.now())));
      });
    const samples: ProcessFigures[] = [await figuresOf(gate.pid)];
    await Promise.all([
      ...Array.from({ length: 25 }, () => again(end, tally, async () => await stay(options, r, tally))),
      ...[tcp, { path }].map((target) => every(50, async () => await lookIn(target, r, tally))),
      every(200, async () => await vanish(tcp, query, r, tally)),
      every(500, async () => await takeBack(options, tally)),
      every(5000, async () => {
        await hba(r.chance(0.3) ? "nonsense\n" : `${"# again\n".repeat(r.below(9))}${rules}`);
        if (r.chance(0.5)) process.kill(gate.pid, "SIGHUP");
        tally.note("files written");
      }),
      every(60_000, async () => {
        const { status } = await sallyport(["status", "-D", directory, "--sessions", "--rules"]);
        tally.note(`status exited with ${status}`);
      }),
      every(10_000, async () => {
        const { status } = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
        tally.note(`metrics answered ${status}`);
      }),
      every(Math.min(10_000, seconds * 10), async () => {
        samples.push(await figuresOf(gate.pid));
      }),
      every(300_000, async () => {
        const { rss, descriptors, cpu } = await figuresOf(gate.pid);
        console.info(
          `RSS ${rss.toFixed(0)} MiB, ${descriptors} descriptors, ${cpu.toFixed(0)} s of processor time`,
        );
      }),
    ]);
    await delay(3000);
    const after = await figuresOf(gate.pid);
    const quarter = Math.floor(samples.length / 4);
    const [second, last] = [samples.slice(quarter, 2 * quarter), samples.slice(3 * quarter)];
    const rss = [second, last].map((some) => median(some.map((one) => one.rss)));
    const [early = 0, late = 0] = rss;
    console.info(
      [
        `${seconds} s: ${JSON.stringify(tally.counts, null, 1)}`,
        `memory (RSS, MiB): ${samples[0]?.rss.toFixed(0)} at first, ${early.toFixed(0)} in the second quarter, ${late.toFixed(0)} in the last, at most ${Math.max(...samples.map((one) => one.rss)).toFixed(0)}`,
        `descriptors: ${samples[0]?.descriptors} at first, at most ${Math.max(...samples.map((one) => one.descriptors))}, ${after.descriptors} afterwards`,
      ].join("\n"),
    );
    expect(Object.keys(tally.counts).filter((what) => what.startsWith("wrong: "))).toEqual([]);
    expect(late).toBeLessThan(early * 1.1 + 10);
    expect(after.descriptors).toBeLessThanOrEqual((samples[0]?.descriptors ?? 0) + 2);
    expect(gate.output()).not.toMatch(/internal error|XX000|Warning:|Unhandled|heap/);
    expect(await gate.stop("SIGTERM")).toBe(0);
  },
  (seconds + 300) * 1000,
);
