/** Cancel requests to PostgreSQL 18, as a gateway sends them. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeQuery, MessageReader, openSession, sendCancel, Secret } from "../src/index.ts";
import type { ConninfoValues, HostTarget, OpenedSession } from "../src/index.ts";

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres({
    tcp: true,
    ssl: true,
    hba: "local all all trust\nhost all all all trust\n",
  });
});
afterAll(async () => {
  await server?.stop();
});

const soon = (): AbortSignal => AbortSignal.timeout(20_000);

const open = async (host: string, settings: ConninfoValues = new Map()): Promise<OpenedSession> =>
  await openSession({
    hosts: [{ host, port: server.port, password: new Secret("hunter2") }],
    user: "postgres",
    database: "postgres",
    settings,
  });

/** Begins a query that sleeps, and resolves when it does: a cancel request that comes before the query is lost. */
async function fallAsleep({ stream, rest }: OpenedSession): Promise<MessageReader> {
  stream.write(encodeQuery("do $$ begin raise notice 'asleep'; perform pg_sleep(60); end $$"));
  const reader = new MessageReader(stream, rest);
  expect((await reader.readMessage(10_000, soon())).body.toString("latin1")).toContain("Masleep\0");
  return reader;
}

function keyOf({ backendKey }: OpenedSession): { processId: number; secretKey: Buffer } {
  if (backendKey === null) throw new Error("the server sent no key");
  return backendKey;
}

test.each([
  ["a Unix socket", () => server.socketDirectory, undefined],
  ["an address", () => "127.0.0.1", "127.0.0.1"],
  ["a host name", () => "localhost", expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/)],
])("a session opened over %s can be cancelled there, and nowhere else", async (_, host, address) => {
  const session = await open(host());
  const { port } = server;
  const expected = address === undefined ? { host: host(), port } : { host: host(), address, port };
  expect(session.target).toEqual(expected);
  const reader = await fallAsleep(session);
  await sendCancel(session.target, keyOf(session), soon());
  const answer = await reader.readMessage(10_000, soon());
  expect([answer.type, answer.body.toString("latin1")]).toEqual(["E", expect.stringContaining("C57014\0")]);
  reader.release();
  session.stream.destroy();
});

test.each(["postgres", "direct"])("a session in TLS (%s) is cancelled in TLS", async (negotiation) => {
  await server.psql(["-c", "alter system set trace_connection_negotiation = on"]);
  await server.down();
  await server.up();
  const settings = new Map([
    ["sslmode", "require"],
    ["sslnegotiation", negotiation],
  ]);
  const session = await open("127.0.0.1", settings);
  const reader = await fallAsleep(session);
  const accepted = negotiation === "direct" ? "direct SSL connection accepted" : "SSLRequest accepted";
  const times = async (): Promise<number> => (await server.log()).split(`LOG:  ${accepted}`).length - 1;
  const before = await times();
  await sendCancel(session.target, keyOf(session), soon());
  expect((await reader.readMessage(10_000, soon())).body.toString("latin1")).toContain("C57014\0");
  expect(await times()).toBe(before + 1);
  reader.release();
  session.stream.destroy();
});

test("a wrong key cancels nothing, and is not told from a right one", async () => {
  const session = await open(server.socketDirectory);
  const reader = await fallAsleep(session);
  const { processId } = keyOf(session);
  await sendCancel(session.target, { processId, secretKey: randomBytes(4) }, soon());
  await sendCancel(session.target, { processId: 1, secretKey: randomBytes(32) }, soon());
  expect(reader.poll(10_000)).toBeNull();
  await sendCancel(session.target, keyOf(session), soon());
  expect((await reader.readMessage(10_000, soon())).type).toBe("E");
  expect(await server.log()).toContain(`wrong key in cancel request for process ${processId}`);
  reader.release();
  session.stream.destroy();
});

const secret = { processId: 1, secretKey: Buffer.from("hunter2!") };

test("a server that never closes is waited for as long as there is time", async () => {
  const deaf = createServer((socket) => socket.resume().on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(deaf, "listening");
  const target: HostTarget = { host: "127.0.0.1", port: (deaf.address() as AddressInfo).port };
  const sending = sendCancel(target, secret, AbortSignal.timeout(100));
  await expect(sending).rejects.toMatchObject({ code: "timeout", message: "timeout expired" });
  const closed = once(deaf, "close");
  deaf.close();
  await closed;
});

test("a server that is gone is an error without the key in it", async () => {
  const sending = sendCancel({ host: server.socketDirectory, port: 1 }, secret, soon());
  await expect(sending).rejects.toMatchObject({
    code: "connect_failed",
    message: `connection to server on socket "${server.socketDirectory}/.s.PGSQL.1" failed: no such file or directory`,
  });
});
