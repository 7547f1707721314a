import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { logIn } from "./raw-client.ts";
import type { Login, Target } from "./raw-client.ts";

const terminate = Buffer.from("X\0\0\0\x04");

const local = "local all all trust\nlocal replication all trust\n";
const hba = `${local}host all nobody all reject
host all app all scram-sha-256
host replication all all trust
host all all all trust
`;

/** A line of the log; that it has these keys, and no other, is what the tests compare. */
interface Entry {
  readonly timestamp: string;
  readonly user?: string;
  readonly pid: number;
  readonly remote_port?: number;
  readonly session_id: string;
  readonly line_num: number;
  readonly session_start: string;
  readonly message: string;
  readonly detail?: string;
  readonly sallyport?: object;
}

/** What writes a log: its doors, and all that it has logged. */
interface Logging {
  readonly tcp: Target;
  readonly unix: Target;
  readonly entries: () => Promise<readonly Entry[]>;
}

let server: TestPostgres;
let behind: TestPostgres;
let gate: TestGate;
let postgresql: Logging;
let sallyport: Logging;

beforeAll(async () => {
  const both = { log_destination: "jsonlog", log_connections: "all", log_disconnections: "on" };
  const collector = { logging_collector: "on", log_directory: "log", log_filename: "all.log" };
  server = await startPostgres({ tcp: true, hba, settings: { ...both, ...collector } });
  behind = await startPostgres({ hba: local });
  for (const each of [server, behind]) await run(each, [...setUp, "create role walker login replication"]);
  gate = await startGate(behind, { hba, conf: "log_destination = jsonlog" });
  const logFile = join(server.paths.dataDirectory, "log/all.json");
  postgresql = {
    tcp: { host: "127.0.0.1", port: server.port },
    unix: { path: server.paths.socket },
    entries: async () => entriesOf(await readFile(logFile, "latin1")),
  };
  sallyport = { tcp: gate.tcp, unix: gate.unix, entries: async () => entriesOf(gate.log()) };
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
  await behind?.stop();
});

/** Each line is one object; the bytes of texts stay bytes. */
function entriesOf(log: string): readonly Entry[] {
  const whole = log.slice(0, log.lastIndexOf("\n") + 1);
  return whole.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Entry]));
}

/** What was logged of one connection, up to an entry with these words. */
async function loggedOf(
  { entries }: Logging,
  words: string,
  visit: () => Promise<void>,
): Promise<readonly Entry[]> {
  const before = (await entries()).length;
  await visit();
  return await vi.waitFor(
    async () => {
      const fresh = (await entries()).slice(before);
      const last = fresh.find(({ message }) => message.includes(words));
      expect(last, `no "${words}" in ${JSON.stringify(fresh)}`).toBeDefined();
      return fresh.filter(({ session_id }) => session_id === last?.session_id);
    },
    { timeout: 20_000, interval: 20 },
  );
}

async function login(target: Target, as: Login): Promise<void> {
  const { socket } = await logIn(target, as);
  socket.on("error", () => {}); // a refused client may find the connection reset
  if (!socket.destroyed) socket.end(terminate);
}

async function send(target: Target, bytes: Buffer): Promise<void> {
  const socket = connect(target);
  await once(socket, "connect");
  socket.resume().on("error", () => {});
  socket.write(bytes);
  await once(socket, "close");
}

/** An entry with what differs from run to run replaced by its form: whatever is not of that form stays. */
function formOf(entry: Entry): Record<string, unknown> {
  const { timestamp, pid, session_id, session_start, message, detail, remote_port } = entry;
  const start = Date.parse(session_start.replace(" UTC", "Z"));
  const form: Record<string, unknown> = {
    ...entry,
    timestamp: timestamp.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/, "TIME"),
    session_start: session_start.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/, "TIME"),
    pid: typeof pid,
    session_id:
      session_id === `${(start / 1000).toString(16)}.${pid.toString(16)}` ? "START.PID" : session_id,
    message: worded(message),
    ...(detail === undefined ? {} : { detail: worded(detail) }),
    ...(remote_port === undefined ? {} : { remote_port: typeof remote_port }),
  };
  delete form["vxid"]; // a gateway has no transactions, and so no number of one to come
  delete form["sallyport"]; // what only a gateway has
  return form;
}

function worded(text: string): string {
  return text
    .replace(/port=\d+/, "port=N")
    .replace(/ upstream=.*/, "")
    .replaceAll(/=[\d.]+ ms/g, "=N ms")
    .replace(/session time: \d:\d\d:\d\d\.\d{3}/, "session time: T")
    .replaceAll(/[(" ]\/[^ ]*\/pg_hba\.conf/g, " pg_hba.conf");
}

const strange = 'a\n\t\x01\x7f"\\/\b\f\r\v \u00c3\u00a9'; // the end is UTF-8

describe.each<[string, string, (at: Logging) => Promise<void>]>([
  ["a session by TCP", "disconnection", async ({ tcp }) => await login(tcp, { user: "app" })],
  [
    "a session by a Unix socket, with a name for itself",
    "disconnection",
    async ({ unix }) =>
      await login(unix, { user: "app", parameters: [["application_name", 'my "app"\t\xe9']] }),
  ],
  [
    "physical replication",
    "disconnection",
    async ({ tcp }) =>
      await login(tcp, { user: "walker", database: "", parameters: [["replication", "true"]] }),
  ],
  [
    "logical replication",
    "disconnection",
    async ({ tcp }) => await login(tcp, { user: "walker", parameters: [["replication", "database"]] }),
  ],
  ["a reject line", "rejects", async ({ tcp }) => await login(tcp, { user: "nobody" })],
  [
    "a wrong password",
    "password authentication failed",
    async ({ tcp }) =>
      await login(tcp, { user: "app", password: "x", parameters: [["application_name", "a"]] }),
  ],
  ["a role that does not exist", "does not exist", async ({ tcp }) => await login(tcp, { user: strange })],
  [
    "a database that does not exist",
    "does not exist",
    async ({ tcp }) => await login(tcp, { user: "walker", database: "none" }),
  ],
  [
    "no startup packet",
    "invalid length",
    async ({ tcp }) => await send(tcp, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])),
  ],
])("%s", (_, words, visit) => {
  test("is logged as by a server: key by key, value by value, in this order", async () => {
    const expected = await loggedOf(postgresql, words, async () => await visit(postgresql));
    const logged = await loggedOf(sallyport, words, async () => await visit(sallyport));
    expect(expected.length).toBeGreaterThan(1);
    expect(logged.map(formOf)).toEqual(expected.map(formOf));
    const keys = (entry: Entry): string[] => Object.keys(formOf(entry));
    expect(logged.map(keys)).toEqual(expected.map(keys));
  });
});

test("what is about no connection is logged as by a server", async () => {
  const about = async ({ entries }: Logging): Promise<object> => {
    const entry = (await entries()).find(({ message }) => message.startsWith("listening on IPv4"));
    if (entry === undefined) throw new Error("nothing listens on IPv4");
    const message = entry.message.replace(/port \d+/, "port N");
    return { ...formOf(entry), message, line_num: typeof entry.line_num };
  };
  const [expected, logged] = [await about(postgresql), await about(sallyport)];
  expect(logged).toEqual(expected);
  expect(Object.keys(logged)).toEqual(Object.keys(expected));
});

test("a byte that is no UTF-8 makes a server's line no JSON; here it is shown as in an application name", async () => {
  const user = "a\xff\xc3b\x80\xed\xa0\x80";
  const visit = async ({ tcp }: Logging): Promise<void> => await login(tcp, { user });
  const [theirs] = (await loggedOf(postgresql, "does not exist", async () => await visit(postgresql))).slice(
    -1,
  );
  expect(theirs?.user).toBe(user);
  const [ours] = (await loggedOf(sallyport, "does not exist", async () => await visit(sallyport))).slice(-1);
  expect(ours?.user).toBe(String.raw`a\xff\xc3b\x80\xed\xa0\x80`);
  expect(ours?.message).toBe(String.raw`role "a\xff\xc3b\x80\xed\xa0\x80" does not exist`);
});

test("what only a gateway knows is one object behind PostgreSQL's keys", async () => {
  const entries = await loggedOf(
    sallyport,
    "disconnection",
    async () => await login(gate.tcp, { user: "app" }),
  );
  const authorized = entries.find(({ message }) => message.startsWith("connection authorized"));
  expect(Object.keys(authorized ?? {}).at(-1)).toBe("sallyport");
  expect(authorized?.sallyport).toMatchObject({ identity: "app", method: "scram-sha-256" });
});

test("every line is UTF-8 and one object", () => {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const lines = utf8.decode(Buffer.from(gate.log(), "latin1")).split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty("timestamp");
});
