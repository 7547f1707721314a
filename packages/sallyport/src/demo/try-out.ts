import { createWriteStream, existsSync } from "node:fs";
import type { WriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join, relative } from "node:path";
import { decide, utf8Bytes } from "@sallyport/policy";
import { connect, lookUpPassword } from "@sallyport/wire";
import { embeddedVersion } from "@sallyport/embedded";
import { Failure } from "../failure.ts";
import { runGate } from "../gate/run-gate.ts";
import type { RunningGate } from "../gate/run-gate.ts";
import { catchSignals } from "../gate/signals.ts";
import type { Io } from "../io.ts";
import { readGate } from "../options/gate-target.ts";
import { demoDatabase, makeDemoGate } from "./demo-gate.ts";

/** Milliseconds of each part, said when the part is done. */
type Report = (what: string, text: string, since?: number) => void;

/**
 * What `npm start` does: makes the demo gate if there is none, runs it, logs in once as a test, and says what to
 * type next. Resolves when it is stopped; fails if the self-test does.
 */
export async function tryOut(directory: string, io: Io): Promise<void> {
  const name = relative(process.cwd(), directory) || directory;
  const fresh = !existsSync(directory);
  const log = gateLog(directory);
  const report: Report = (what, text, since) => {
    const took = since === undefined ? "" : seconds(performance.now() - since);
    io.stdout(`  ${what.padEnd(10)} ${text.padEnd(72)} ok  ${took}`.trimEnd() + "\n");
  };
  io.stdout("Sallyport  (first start: about 20 s, 90 MB to fetch; later ones: 1 s)\n");
  const started = performance.now();
  if (fresh) {
    await makeDemoGate(directory, await freePort(6432), () => undefined);
    report("database", databaseText(embeddedVersion()), started);
    report("gate", `./${name} made: sallyport.conf, pg_hba.conf, pg_ident.conf, demo.pgpass`);
  }
  const untilStopped = catchSignals();
  const gate = await startOnFreePort(directory, io, log);
  try {
    if (!fresh) report("database", databaseText(gate.embedded?.version ?? ""), started);
    report("listening", gate.gateway.doors.join(", "));
    report("self-test", await selfTest(directory, gate));
    io.stdout(nextSteps(name, gate));
  } catch (error) {
    await gate.stop("fast");
    throw error;
  }
  await untilStopped(gate);
}

function databaseText(version: string): string {
  return `PostgreSQL ${version}, embedded, private socket, no TCP`;
}

/** The port of the settings, or the next one that is free: then it says so. */
async function startOnFreePort(
  directory: string,
  io: Io,
  write: (entry: string) => void,
): Promise<RunningGate> {
  const gate = await readGate(directory, [], io);
  const { settings } = gate.loaded;
  const port = await freePort(settings.port);
  if (port === settings.port) return await runGate(gate, io, write);
  io.stdout(`  port       ${settings.port} is taken; this time it is ${port}\n`);
  return await runGate(await readGate(directory, [`port=${port}`], io), io, write);
}

/** Logs in as a client does: by TCP, with the password of the passfile. */
async function selfTest(directory: string, { policy, settings }: RunningGate): Promise<string> {
  const key = { host: "127.0.0.1", port: settings.port, database: demoDatabase, user: "app" };
  const passfile = (await readFile(join(directory, "demo.pgpass"))).toString("latin1");
  const password = lookUpPassword(passfile, key);
  const host = {
    host: key.host,
    port: settings.port,
    password,
  };
  const client = await connect({
    hosts: [host],
    user: key.user,
    database: key.database,
    connectTimeout: 10_000,
  });
  try {
    const { rows } = await client.query("select 1", [], { timeout: 10_000 });
    if (rows[0]?.[0] !== "1") throw new Failure("the self-test got a wrong answer to select 1");
  } finally {
    await client.close();
  }
  const { rule } = decide(policy, { user: "app", database: demoDatabase, address: "127.0.0.1" });
  return `app logged in: ${rule?.method} (pg_hba.conf:${rule?.line.number}), select 1`;
}

/** What to type next, with the line that decides about each. */
function nextSteps(name: string, { policy, settings }: RunningGate): string {
  const line = (user: string): string => {
    const { rule, outcome } = decide(policy, {
      user: utf8Bytes(user),
      database: demoDatabase,
      address: "127.0.0.1",
    });
    const place = `pg_hba.conf:${rule?.line.number}`;
    if (outcome === "authenticate") return `let in by ${place}, ${rule?.method}`;
    return `FATAL: pg_hba.conf rejects connection ... (${place})`;
  };
  const sql = hasProgram("psql") ? "psql" : "npm run -s sql --";
  const login = (user: string): string =>
    `PGPASSFILE=${name}/demo.pgpass ${sql} -h 127.0.0.1 -p ${settings.port} -U ${user} ${demoDatabase}`;
  const steps = [
    [login("app"), line("app")],
    [login("intern"), line("intern")],
    [
      `npx sallyport explain -D ${name} -U intern -d ${demoDatabase} --address 127.0.0.1`,
      "why, column by column",
    ],
    [`npx sallyport status -D ${name}`, "what runs"],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length)) + 3;
  const lines = steps.map(([command, what]) => `  ${command.padEnd(width)}${what}\n`).join("");
  return `
Try, in another terminal (in this directory):

${lines}
Change ${name}/pg_hba.conf, then: npx sallyport reload -D ${name}. Stop with Ctrl-C; start over with: rm -r ${name}.
The log: ${name}/gateway.log
`;
}

/** The gateway's log of a try-out goes to a file, so that the screen stays readable. */
function gateLog(directory: string): (entry: string) => void {
  const path = join(directory, "gateway.log");
  let stream: WriteStream | null = null;
  return (entry) => {
    stream ??= createWriteStream(path, { flags: "a", mode: 0o600, encoding: "latin1" });
    stream.write(entry);
  };
}

async function freePort(from: number): Promise<number> {
  for (let port = from; port < from + 100; port += 1) {
    if ((await isFree(port, "127.0.0.1")) && (await isFree(port, "::1"))) return port;
  }
  throw new Failure(`no free port from ${from} on`);
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 has nothing on that address that could be in the way.
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => existsSync(join(directory, name)));
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
