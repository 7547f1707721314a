import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  encodeCancelRequest,
  encodeGssencRequest,
  encodeQuery,
  encodeSslRequest,
  MessageReader,
} from "@sallyport/wire";
import { run, until } from "../gate.ts";
import { repliesTo } from "../raw-client.ts";
import type { Target } from "../raw-client.ts";
import { startTlsTwins } from "../tls/twins.ts";
import type { TlsTwins } from "../tls/twins.ts";
import { converse, outline } from "./conversation.ts";
import { startup } from "./lines.ts";

const ssl = encodeSslRequest();
const hba = "host all app 127.0.0.1/32 scram-sha-256\nhost all guest all trust\nlocal all all trust\n";
const timeLimit = { settings: { authentication_timeout: "1s" } };

let twins: TlsTwins;
let doors: readonly Target[];

beforeAll(async () => {
  twins = await startTlsTwins({ hba, statements: ["create role guest login"], ...timeLimit });
  doors = [twins.gate.tcp, { host: "127.0.0.1", port: twins.server.port }];
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

/** What a client heard: whether TLS stood, what it got within it, and whether it was closed. */
interface Heard {
  readonly secured: boolean;
  readonly bytes: string;
}

interface Hello extends ConnectionOptions {
  /** Sent in the same segment as the request, before any answer. */
  readonly stuffed?: Buffer;
  /** No request: TLS at once. */
  readonly direct?: boolean;
}

/** Asks for TLS, says its lines within it, and listens until it is closed. */
async function within(target: Target, lines: readonly Buffer[], hello: Hello = {}): Promise<Heard> {
  const { stuffed = Buffer.of(), direct = false, ...options } = hello;
  const socket = connect(target).on("error", () => undefined);
  await once(socket, "connect");
  if (!direct) {
    socket.write(Buffer.concat([ssl, stuffed]));
    const reader = new MessageReader(socket);
    const answer = (await reader.readBytes(1)).toString();
    if (answer !== "S") throw new Error(`the request was answered ${answer}`);
    reader.release();
  }
  const secured = connectTls({ socket, rejectUnauthorized: false, ...options });
  return await hear(secured, socket, lines);
}

async function hear(secured: TLSSocket, socket: Socket, lines: readonly Buffer[]): Promise<Heard> {
  let stands = false;
  let bytes = "";
  secured.on("error", () => undefined);
  secured.on("data", (chunk: Buffer) => (bytes += chunk.toString("latin1")));
  secured.once("secureConnect", () => {
    stands = true;
    for (const line of lines) secured.write(line);
  });
  await once(socket, "close");
  return { secured: stands, bytes: withoutPlace(bytes) };
}

/** Where in its source an error was raised a server tells, and so the lengths differ. */
function withoutPlace(bytes: string): string {
  return bytes.replace(/^E[^]{4}/, "E").replace(/F[^\0]*\0L[^\0]*\0R[^\0]*\0/, "");
}

/** Of both doors, which must be alike. */
async function alike(act: (door: Target) => Promise<Heard>): Promise<Heard> {
  const [ours, theirs] = await Promise.all(doors.map(act));
  if (ours === undefined || theirs === undefined) throw new Error("there are two");
  expect(ours).toEqual(theirs);
  return ours;
}

describe("what stands behind an SSLRequest that is granted is never acted upon", () => {
  test.for([
    ["a startup packet", startup("guest")],
    [
      "a startup packet and a query",
      Buffer.concat([startup("guest"), encodeQuery("create table stuffed ()")]),
    ],
    ["another request", encodeGssencRequest()],
    ["a byte", Buffer.of(0)],
  ] as const)("%s", async ([, stuffed]) => {
    // It is the beginning of a handshake, and none that TLS knows.
    const heard = await alike(async (door) => await within(door, [startup("guest")], { stuffed }));
    expect(heard).toEqual({ secured: false, bytes: "" });
  });

  test("so nobody came in by it", async () => {
    expect(twins.gate.log()).not.toContain("connection authorized");
    expect(await run(twins.server, ["select to_regclass('stuffed')"])).toBe("");
  });
});

describe("within TLS", () => {
  test.for([
    ["SSLRequest", ssl, "1234.5679"],
    ["GSSENCRequest", encodeGssencRequest(), "1234.5680"],
  ] as const)("%s is a version that nobody speaks", async ([, request, version]) => {
    const heard = await alike(async (door) => await within(door, [request]));
    expect(heard.secured).toBe(true);
    expect(heard.bytes).toContain(`unsupported frontend protocol ${version}: server supports 3.0 to 3.2`);
  });

  test("bytes that are no packet are answered by nothing", async () => {
    const heard = await alike(async (door) => await within(door, [Buffer.alloc(100, "x")]));
    expect(heard).toEqual({ secured: true, bytes: "" });
  });

  test("a cancel request is taken, and answered by nothing", async () => {
    const key = { processId: 1, secretKey: Buffer.alloc(4, 1) };
    const heard = await alike(async (door) => await within(door, [encodeCancelRequest(key)]));
    expect(heard).toEqual({ secured: true, bytes: "" });
    await twins.gate.logged("PID 1 in cancel request did not match any process");
  });

  test("a client that wants to begin again with another handshake is refused", async () => {
    const socket = connect(twins.gate.tcp).on("error", () => undefined);
    socket.write(ssl);
    await once(socket, "data");
    const secured = connectTls({ socket, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
    secured.on("error", () => undefined);
    await once(secured, "secureConnect");
    const error = await new Promise((resolve) => {
      secured.once("error", resolve);
      secured.renegotiate({}, resolve);
    });
    expect(String(error)).toMatch(/no renegotiation|closed|renegotiat/i);
    socket.destroy();
  });

  test("no session is resumed", async () => {
    const sessions: Buffer[] = [];
    for (let visit = 0; visit < 2; visit += 1) {
      const socket = connect(twins.gate.tcp).on("error", () => undefined);
      socket.write(ssl);
      await once(socket, "data");
      const [session] = sessions;
      const secured = connectTls({ socket, rejectUnauthorized: false, ...(session && { session }) });
      secured.on("error", () => undefined);
      secured.on("session", (fresh: Buffer) => sessions.push(fresh));
      await once(secured, "secureConnect");
      expect(secured.isSessionReused()).toBe(false);
      secured.write(startup("guest"));
      await once(secured, "data");
      secured.destroy();
    }
  });
});

describe("TLS without a request", () => {
  const alpn = { ALPNProtocols: ["postgresql"] };

  test("has to name the protocol", async () => {
    const heard = await alike(async (door) => await within(door, [startup("guest")], { direct: true }));
    expect(heard.bytes).toBe("");
    await twins.gate.logged(
      "08P01|LOG:  received direct SSL connection request without ALPN protocol negotiation extension",
    );
  });

  test("is refused with another name, with and without a request", async () => {
    for (const direct of [true, false]) {
      const heard = await alike(
        async (door) => await within(door, [startup("guest")], { direct, ALPNProtocols: ["http/1.1"] }),
      );
      expect(heard).toEqual({ secured: false, bytes: "" });
    }
    await twins.gate.logged("08P01|LOG:  could not accept SSL connection: no application protocol");
  });

  test("may ask for TLS once more, and is told that there is none", async () => {
    for (const request of [ssl, encodeGssencRequest()]) {
      const heard = await alike(async (door) => await within(door, [request], { direct: true, ...alpn }));
      expect(heard.bytes).toBe("N");
    }
  });

  test("is closed in silence on a Unix socket", async () => {
    const heard = await within(twins.gate.unix, [startup("guest")], { direct: true, ...alpn });
    expect(heard).toEqual({ secured: false, bytes: "" });
    expect(outline(await converse(twins.gate.unix, [ssl]))).toEqual(["N"]);
  });
});

describe("whoever stalls in a handshake is closed within the time limit, and nobody waits for him", () => {
  /** What a client of TLS says first. */
  async function clientHello(): Promise<Buffer> {
    return await new Promise((resolve) => {
      const write = (chunk: Buffer): void => resolve(chunk);
      connectTls({ socket: new Duplex({ read: () => undefined, write }) }).on("error", () => undefined);
    });
  }

  test.for(["after S", "within its hello", "after its hello", "a byte now and then"])("%s", async (where) => {
    const hello = await clientHello();
    const socket = connect(twins.gate.tcp).on("error", () => undefined);
    const started = performance.now();
    socket.write(ssl);
    await once(socket, "data");
    socket.resume();
    if (where === "within its hello") socket.write(hello.subarray(0, hello.length / 2));
    if (where === "after its hello") socket.write(hello);
    let at = 0;
    const drip =
      where === "a byte now and then" && setInterval(() => socket.write(hello.subarray(at, (at += 1))), 100);
    await once(socket, "close");
    if (drip) clearInterval(drip);
    const time = performance.now() - started;
    expect(time).toBeGreaterThan(900);
    expect(time).toBeLessThan(10_000);
    const [last] = (await repliesTo(twins.gate.tcp, { user: "guest" })).slice(-1);
    expect(last?.kind).toBe("Z");
  });

  test("and so is whoever says nothing once it stands", async () => {
    const heard = await within(twins.gate.tcp, []);
    expect(heard).toEqual({ secured: true, bytes: "" });
  });
});

test("a handshake that is cut short leaves nothing behind", async () => {
  for (let round = 0; round < 50; round += 1) {
    const socket = connect(twins.gate.tcp).on("error", () => undefined);
    socket.write(ssl);
    await once(socket, "data");
    if (round % 2 === 0) socket.resetAndDestroy();
    else socket.end(Buffer.from([0x16, 3, 1, 2, 0, 1]));
  }
  await until("everybody has left", () => twins.gate.gateway.guestBook.visits.length === 0);
  expect((await repliesTo(twins.gate.tcp, { user: "guest" })).at(-1)?.kind).toBe("Z");
});
