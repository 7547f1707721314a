import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { freePort, seededRandom, selfSigned, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";
import { encodeQuery } from "@sallyport/wire";
import { converse, outline } from "../../packages/gateway/test/attacks/conversation.ts";
import { loginLines, startup } from "../../packages/gateway/test/attacks/lines.ts";
import { logIn } from "../../packages/gateway/test/raw-client.ts";
import type { Target } from "../../packages/gateway/test/raw-client.ts";
import { sallyport, serve } from "../../packages/sallyport/test/cli.ts";
import { attack, attacks } from "./hostile/attackers.ts";
import type { Attacks, End } from "./hostile/attackers.ts";
import { handshakes } from "./hostile/handshakes.ts";
import { figuresOf, median } from "./hostile/process.ts";
import type { ProcessFigures } from "./hostile/process.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const connections = Number(process.env["CONNECTIONS"] ?? 100_000);
const maxConnections = 300;

const statements = [
  "create role sallyport login",
  "grant select (rolname, rolpassword) on pg_authid to sallyport",
  "create role app login password 'app-secret'",
];

const lots: Readonly<Record<string, Lot>> = {
  // More than the gateway has room for.
  "hostile and stalled connections": { attacks, unix: 4, ssl: false, atOnce: 800, timeLimit: 2 },
  // A handshake costs whoever attacks, who is this process, as much as the gateway: fewer keep both busy.
  "hostile and stalled handshakes": { attacks: handshakes, unix: 0, ssl: true, atOnce: 300, timeLimit: 4 },
};

interface Lot {
  readonly attacks: Attacks;
  /** Of the places that they come from, how many are Unix sockets: nobody asks for TLS there. */
  readonly unix: number;
  readonly ssl: boolean;
  /** Connections at a time; `AT_A_TIME` says another number. */
  readonly atOnce: number;
  /** `authentication_timeout`, in seconds. */
  readonly timeLimit: number;
}

test.for(Object.entries(lots))(
  `%s harm nobody (SEED=${seed} CONNECTIONS=${connections})`,
  async ([, lot]) => {
    const authenticationTimeout = lot.timeLimit;
    const atATime = Number(process.env["AT_A_TIME"] ?? lot.atOnce);
    await using server = await startPostgres({ settings: { max_connections: String(maxConnections + 50) } });
    await server.psql(statements.flatMap((sql) => ["-c", sql]));
    await using room = await tempDirectory();
    const directory = join(room.path, "gate");
    const upstream = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
    expect((await sallyport(["init", "-D", directory, "--upstream", upstream])).stderr).toBe("");
    await writeFile(
      join(directory, "pg_hba.conf"),
      "host all all 127.0.0.0/8 scram-sha-256\nlocal all all scram-sha-256\n",
    );
    const port = await freePort();
    const settings = [
      `port=${port}`,
      `unix_socket_directories=${room.path}`,
      `max_connections=${maxConnections}`,
      "superuser_reserved_connections=0",
      `authentication_timeout=${authenticationTimeout}s`,
      "log_connections=",
      "log_disconnections=off",
      ...(lot.ssl ? await tlsSettings(room.path) : []),
    ];
    await using gate = await serve(["-D", directory, ...settings.flatMap((setting) => ["-c", setting])]);

    const tcp = { host: "127.0.0.1", port };
    const sources: readonly Target[] = [
      ...Array.from({ length: 40 }, (_, n) => ({ ...tcp, localAddress: `127.0.0.${n + 2}` })),
      ...Array.from({ length: lot.unix }, () => ({ path: join(room.path, `.s.PGSQL.${port}`) })),
    ];
    const good = { ...tcp, localAddress: "127.0.0.200" };
    const visits: Visit[] = [await visit(good)];
    const before = await figuresOf(gate.pid);

    let done = 0;
    const samples: (ProcessFigures & { readonly done: number })[] = [];
    const watching = repeat(
      500,
      () => done < connections,
      async () => {
        samples.push({ ...(await figuresOf(gate.pid)), done });
      },
    );
    const visiting = repeat(
      500,
      () => done < connections,
      async () => {
        visits.push(await visit(good));
      },
    );
    const started = performance.now();
    const ends = new Map<string, number>();
    const crowd = Array.from({ length: atATime }, async (_, worker) => {
      const r = seededRandom(seed + worker * 7919);
      while (done < connections) {
        done += 1;
        const end = await attack(
          ...someAttack(r, lot.attacks, sources),
          lot.attacks,
          r,
          authenticationTimeout * 1000 + 20_000,
        );
        ends.set(end, (ends.get(end) ?? 0) + 1);
        // Whoever is sent away comes again, but not so fast that nobody else is met.
        if (end === "closed at once unanswered") await delay(r.below(500));
      }
    });
    await Promise.all([...crowd, watching, visiting]);
    const seconds = (performance.now() - started) / 1000;

    const logins = visits.map(({ time }) => time);
    const refusals = visits.flatMap((one) => one.refusals);
    const after = await settled(gate.pid, before);
    const early = samples.filter(
      (sample) => sample.done > connections * 0.2 && sample.done < connections * 0.4,
    );
    const late = samples.filter((sample) => sample.done > connections * 0.8);
    const rss = { early: median(early.map((one) => one.rss)), late: median(late.map((one) => one.rss)) };
    console.info(
      [
        `${connections} connections from ${sources.length} places in ${seconds.toFixed(0)} s, ${(connections / seconds).toFixed(0)} a second, ${atATime} at a time`,
        `they ended: ${JSON.stringify(Object.fromEntries(ends))}`,
        `the gateway's memory (RSS, MiB): ${before.rss.toFixed(0)} before, ${rss.early.toFixed(0)} between 20 and 40 %, ${rss.late.toFixed(0)} from 80 % on, at most ${Math.max(...samples.map((one) => one.rss)).toFixed(0)}, ${after.rss.toFixed(0)} afterwards`,
        `its descriptors: ${before.descriptors} before, at most ${Math.max(...samples.map((one) => one.descriptors))}, ${after.descriptors} afterwards`,
        `its processor time: ${(after.cpu - before.cpu).toFixed(0)} s`,
        `a good client meanwhile: ${logins.length} logins; median ${median(logins).toFixed(0)} ms, slowest ${Math.max(...logins).toFixed(0)} ms; not let in at the first try: ${refusals.length} ${[...new Set(refusals)].join(", ")}`,
      ].join("\n"),
    );

    expect(ends.get("left open" satisfies End) ?? 0).toBe(0);
    expect(logins.length).toBeGreaterThan(seconds / 5);
    expect(Math.max(...logins)).toBeLessThan(10_000);
    expect(refusals.length).toBeLessThan(logins.length / 10);
    expect(rss.late).toBeLessThan(rss.early * 1.15 + 10);
    expect(after.descriptors).toBe(before.descriptors);
    expect(gate.output()).not.toMatch(/internal error|XX000|Warning|Unhandled|heap/);
    await everyPlaceIsFree(tcp);
    expect(await gate.stop("SIGTERM")).toBe(0);
  },
);

async function tlsSettings(directory: string): Promise<readonly string[]> {
  const { cert, key } = await selfSigned();
  const [certFile, keyFile] = [join(directory, "server.crt"), join(directory, "server.key")];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  return ["ssl=on", `ssl_cert_file=${certFile}`, `ssl_key_file=${keyFile}`];
}

function someAttack(r: Random, attacks: Attacks, sources: readonly Target[]): [target: Target, kind: string] {
  const kinds = Object.entries(attacks).map(([kind, [weight]]) => [weight, () => kind] as const);
  const source = sources[r.below(sources.length)];
  if (source === undefined) throw new RangeError("there is nowhere to come from");
  return [source, r.weighted(kinds)];
}

/** A good client's visit. */
interface Visit {
  /** Milliseconds until a query was answered. */
  readonly time: number;
  /** What it heard when it was not let in, and so tried again: a machine may be too busy for the time limit. */
  readonly refusals: readonly string[];
}

async function visit(target: Target): Promise<Visit> {
  const started = performance.now();
  const refusals: string[] = [];
  for (;;) {
    const lines = loginLines("app", "app-secret", startup("app", "postgres"));
    const talk = await converse(target, [...lines, encodeQuery("select 1")]);
    const time = performance.now() - started;
    if (talk.heard.some(({ kind }) => kind === "D")) return { time, refusals };
    refusals.push(outline(talk).at(-1) ?? "nothing");
    if (time > 20_000) throw new Error(`a good client was not let in: ${refusals.join(", ")}`);
  }
}

async function repeat(everyMs: number, condition: () => boolean, act: () => Promise<void>): Promise<void> {
  while (condition()) {
    await act();
    await delay(everyMs);
  }
}

/** The figures when all descriptors are back, or when that has been waited for long enough. */
async function settled(pid: number, before: ProcessFigures): Promise<ProcessFigures> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const now = await figuresOf(pid);
    if (now.descriptors <= before.descriptors || performance.now() > deadline) return now;
    await delay(100);
  }
}

/** As many sessions as there are places come in, and not one more. */
async function everyPlaceIsFree(target: Target): Promise<void> {
  const login = { user: "app", database: "postgres" };
  const sessions = [];
  for (let n = 0; n < maxConnections; n += 1) sessions.push(await logIn(target, login));
  expect(new Set(sessions.map(({ replies }) => replies.at(-1)?.kind))).toEqual(new Set(["Z"]));
  const tooMany = await logIn(target, login);
  expect(tooMany.replies.at(-1)?.words).toEqual(["53300", "sorry, too many clients already"]);
  for (const { reader, socket } of [...sessions, tooMany]) {
    reader.release();
    socket.destroy();
  }
}
