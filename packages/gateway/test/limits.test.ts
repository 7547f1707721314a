import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import {
  encodeSaslInitialResponse,
  encodeSslRequest,
  encodeStartupPacket,
  MessageReader,
} from "@sallyport/wire";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { errorIn, knock, logIn, repliesTo } from "./raw-client.ts";

const hba = "host all all 127.0.0.1/32 scram-sha-256\n";
const startup = encodeStartupPacket([
  ["user", "app"],
  ["database", "shop"],
]);

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, setUp);
});

afterAll(async () => {
  await server?.stop();
});

describe("authentication_timeout", () => {
  const first = encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from("n,,n=,r=abc"));
  const places: readonly (readonly [string, Buffer, answer: string, logged: boolean])[] = [
    ["after connecting", Buffer.of(), "", false],
    ["after SSLRequest", encodeSslRequest(), "N", false],
    ["within the startup packet", startup.subarray(0, 20), "", false],
    ["after the SASL request", startup, "R", true],
    ["within a SASL message", Buffer.concat([startup, first.subarray(0, 9)]), "R", true],
    ["within the SASL exchange", Buffer.concat([startup, first]), "RR", true],
  ];
  test.concurrent.for(places)(
    "%s: closed without a message",
    async ([, bytes, answer, logged], { expect }) => {
      await using gate = await startGate(server, { hba, conf: "authentication_timeout = 1s" });
      const started = performance.now();
      const received = await knock(gate.tcp, bytes);
      expect(performance.now() - started).toBeGreaterThan(900);
      expect(performance.now() - started).toBeLessThan(5000);
      expect(typesOf(received)).toBe(answer);
      const words = "57014 FATAL:  canceling authentication due to timeout\n";
      expect(gate.log().includes(words)).toBe(logged);
    },
  );

  test.concurrent("a byte now and then does not prolong it", async ({ expect }) => {
    await using gate = await startGate(server, { hba, conf: "authentication_timeout = 1s" });
    const started = performance.now();
    const socket = connect(gate.tcp);
    let at = 0;
    const drip = setInterval(() => socket.write(startup.subarray(at, ++at)), 300);
    await once(socket.on("error", () => undefined).resume(), "close");
    clearInterval(drip);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(at).toBeGreaterThan(1);
    expect(at).toBeLessThan(startup.length);
  });

  test.concurrent("does not end a session that stands", async ({ expect }) => {
    await using gate = await startGate(server, { hba, conf: "authentication_timeout = 1s" });
    const { stdout } = await gate.psql("app", ["-c", "select pg_sleep(1.3)", "-c", "select 'on'"]);
    expect(stdout).toBe("\non\n");
  });
});

describe("max_connections", () => {
  const conf = "max_connections = 2\nsuperuser_reserved_connections = 0\n";

  test("one more is refused after its startup packet, and a place that is left is given away", async () => {
    await using gate = await startGate(server, { hba, conf });
    const [one, two] = [await logIn(gate.tcp, { user: "app" }), await logIn(gate.tcp, { user: "app" })];
    const third = await knock(gate.tcp, startup);
    expect(errorIn(third)).toEqual(["53300", "sorry, too many clients already"]);
    one.reader.release();
    one.socket.destroy();
    await gate.logged("disconnection");
    expect(await canEnter(gate)).toBe("yes");
    two.reader.release();
    two.socket.destroy();
  });

  test("whoever fails or goes away leaves no place taken", async () => {
    await using gate = await startGate(server, { hba, conf });
    for (let round = 0; round < 3; round += 1) {
      await repliesTo(gate.tcp, { user: "app", password: "wrong" });
      await repliesTo(gate.tcp, { user: "app", database: "nowhere" });
      await repliesTo(gate.tcp, { user: "ghost" });
      await goAwayAfter(gate, startup);
      await goAwayAfter(gate, startup.subarray(0, 10));
      await goAwayAfter(gate, Buffer.of());
    }
    await until(async () => (await canEnter(gate)) === "yes");
    const both = [await logIn(gate.tcp, { user: "app" }), await logIn(gate.tcp, { user: "app" })];
    expect(both.map(({ replies }) => replies.at(-1)?.kind)).toEqual(["Z", "Z"]);
    for (const { socket, reader } of both) {
      reader.release();
      socket.destroy();
    }
  });
});

describe("strangers", () => {
  const conf = "max_connections = 4\nsuperuser_reserved_connections = 0\n";

  /** Somebody who asks for SSL, and says nothing more. */
  async function stall(gate: TestGate, localAddress: string): Promise<Stalled> {
    const socket = connect({ ...gate.tcp, localAddress });
    socket.on("error", () => undefined);
    const answered = new Promise<void>((resolve) => void socket.once("data", () => resolve()));
    socket.write(encodeSslRequest());
    await once(socket, "connect");
    return { socket, answered };
  }

  test("have half of the slots, one source half of that; the next of it waits unread, in order", async () => {
    await using gate = await startGate(server, { hba, conf });
    const [one, two, three] = [
      await stall(gate, "127.0.0.1"),
      await stall(gate, "127.0.0.1"),
      await stall(gate, "127.0.0.1"),
    ];
    const other = await stall(gate, "127.0.0.2");
    await Promise.all([one.answered, other.answered]);
    expect(two.socket.bytesRead + three.socket.bytesRead).toBe(0);
    one.socket.destroy();
    await two.answered;
    expect(three.socket.bytesRead).toBe(0);
    two.socket.destroy();
    await three.answered;
    for (const { socket } of [three, other]) socket.destroy();
  });

  test("who wait too long are closed without a word, and nothing is left of them", async () => {
    await using gate = await startGate(server, { hba, conf: `${conf}authentication_timeout = 1s` });
    const [first, second] = [await stall(gate, "127.0.0.1"), await stall(gate, "127.0.0.1")];
    await Promise.all([closed(first.socket), closed(second.socket)]);
    expect(first.socket.bytesRead).toBe(1);
    // The second has the place of the first for as long as it came later: it may hear the answer, and no more.
    expect(second.socket.bytesRead).toBeLessThanOrEqual(1);
    await until(async () => (await canEnter(gate)) === "yes");
  });

  test("do not keep out others, and beyond a full house are closed without a word", async () => {
    await using gate = await startGate(server, { hba, conf });
    const crowd: Stalled[] = [];
    for (let n = 0; n < 16; n += 1) crowd.push(await stall(gate, "127.0.0.1"));
    await crowd[0]?.answered;
    const late = await stall(gate, "127.0.0.1");
    await closed(late.socket);
    expect(late.socket.bytesRead).toBe(0);

    const other = await logIn({ ...gate.tcp, localAddress: "127.0.0.2" }, { user: "app" });
    expect(other.replies.at(-1)?.kind).toBe("E"); // no rule for that address: it was heard
    other.reader.release();
    other.socket.destroy();
    for (const { socket } of crowd) socket.destroy();
    await until(async () => (await canEnter(gate)) === "yes");
  });

  test("who wait are sent away when the gateway stops", async () => {
    const gate = await startGate(server, { hba, conf });
    const [, waiting] = [await stall(gate, "127.0.0.1"), await stall(gate, "127.0.0.1")];
    const gone = closed(waiting.socket);
    await gate[Symbol.asyncDispose]();
    await gone;
    expect(waiting.socket.bytesRead).toBe(0);
  });
});

test("a client that leaves in the middle is no line in the log", async () => {
  await using gate = await startGate(server, { hba, conf: "log_connections = ''" });
  const before = gate.log();
  for (let round = 0; round < 5; round += 1) await goAwayAfter(gate, startup);
  await repliesTo(gate.tcp, { user: "app" });
  await gate.logged("disconnection");
  expect(gate.log().slice(before.length)).toMatch(/^\S+ LOG: {2}disconnection.*\n$/);
});

interface Stalled {
  readonly socket: Socket;
  /** When the gateway has read what it said. */
  readonly answered: Promise<void>;
}

/** Closed or reset: what lay unread makes the difference, and nothing else. */
async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => void socket.resume().once("close", () => resolve()));
}

/** `yes`, or why not. */
async function canEnter(gate: TestGate): Promise<string> {
  return (await repliesTo(gate.tcp, { user: "app" })).at(-1)?.words.join(" ") || "yes";
}

/** Sends something, waits for an answer if a startup packet was whole, and is gone. */
async function goAwayAfter(gate: TestGate, bytes: Buffer): Promise<void> {
  const socket = connect(gate.tcp);
  await once(socket, "connect");
  const reader = new MessageReader(socket);
  socket.write(bytes);
  if (bytes.length === startup.length) await reader.readMessage(1000, AbortSignal.timeout(10_000));
  reader.release();
  socket.destroy();
}

/** Waits for what happens on the other side of a socket, where no event tells. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) if (performance.now() > deadline) throw new Error("waited in vain");
}

/** The types of messages, a bare answer of one byte among them. */
function typesOf(bytes: Buffer): string {
  let types = "";
  for (let at = 0; at < bytes.length; at += bytes[at] === 0x4e ? 1 : 1 + bytes.readInt32BE(at + 1)) {
    types += String.fromCharCode(bytes.readUInt8(at));
  }
  return types;
}
