import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodeQuery, encodeStartupPacket, encodeTerminate } from "@sallyport/wire";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { logIn, repliesTo } from "./raw-client.ts";

const hba = "host all app all trust\n";
const conf = "max_connections = 1\nsuperuser_reserved_connections = 0\npool_mode = off\n";

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, setUp);
});

afterAll(async () => {
  await server?.stop();
});

/** Backends of sessions that came through a gate. */
async function sessions(): Promise<string> {
  return await run(server, ["select count(*) from pg_stat_activity where usename = 'app'"]);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) if (performance.now() > deadline) throw new Error("waited in vain");
}

async function canEnter(gate: TestGate): Promise<boolean> {
  return (await repliesTo(gate.tcp, { user: "app" })).at(-1)?.kind === "Z";
}

describe("a client that leaves gives its place back, and its session ends", () => {
  const sleeping = encodeQuery("select pg_sleep(0.2), 'answer that nobody hears'");
  const endless = encodeQuery("select repeat('x', 1000) from pg_class a, pg_class b, pg_class c");
  test.for([
    ["with a last word", encodeTerminate(), false],
    ["without a word", Buffer.of(), false],
    ["by a reset", Buffer.of(), true],
    ["in the middle of a query", sleeping, false],
    ["in the middle of a query, by a reset", sleeping, true],
    ["in the middle of a result that has no end", endless, false],
    ["in the middle of a result that has no end, by a reset", endless, true],
    ["in the middle of sending", Buffer.from("Q\0\x0f\xff\xffselect", "latin1"), false],
  ] as const)("%s", async ([, bytes, reset]) => {
    await using gate = await startGate(server, { hba, conf });
    const { socket, reader } = await logIn(gate.tcp, { user: "app" });
    socket.write(bytes);
    if (bytes === endless) await reader.readBytes(100_000, AbortSignal.timeout(10_000));
    reader.release();
    if (reset) socket.resetAndDestroy();
    else socket.destroy();
    await gate.logged("disconnection: session time");
    await until(async () => (await sessions()) === "0");
    expect(await canEnter(gate)).toBe(true);
  });

  test("at any moment of its way in", async () => {
    await using gate = await startGate(server, { hba, conf });
    const startup = encodeStartupPacket([
      ["user", "app"],
      ["database", "shop"],
    ]);
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(gate.tcp);
      await once(socket, "connect");
      socket.write(startup);
      // A little later each time: before the decision, while the session is opened, when it stands.
      for (let turn = 0; turn < 4 * round; turn += 1) await new Promise(setImmediate);
      socket.resetAndDestroy();
      await until(async () => await canEnter(gate));
    }
    await until(async () => (await sessions()) === "0");
    expect(await canEnter(gate)).toBe(true);
  });
});

describe("a session that ends upstream ends for its client", () => {
  test("who hears why, at once", async () => {
    await using gate = await startGate(server, { hba, conf });
    const { reader, socket } = await logIn(gate.tcp, { user: "app" });
    await run(server, ["select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'"]);
    const { type, body } = await reader.readMessage(1000, AbortSignal.timeout(10_000));
    expect(type).toBe("E");
    expect(body.toString()).toContain("terminating connection due to administrator command");
    // The client has not closed its side, and its place is free all the same.
    await gate.logged("disconnection: session time");
    expect(await canEnter(gate)).toBe(true);
    reader.release();
    socket.destroy();
  });
});
