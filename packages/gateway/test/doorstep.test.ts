import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import {
  encodeCancelRequest,
  encodeGssencRequest,
  encodeSslRequest,
  encodeStartupPacket,
} from "@sallyport/wire";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { conversation, knock } from "./raw-client.ts";

const hba = "host all all all reject\nlocal all all reject\n";
const ssl = encodeSslRequest();
const gssenc = encodeGssencRequest();

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ tcp: true, hba: `local all postgres,sallyport trust\n${hba}` });
  await run(server, setUp);
  gate = await startGate(server, { hba, conf: "log_connections = ''\nlog_disconnections = off\n" });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

function startup(major: number, minor: number, more: readonly (readonly [string, string])[] = []): Buffer {
  return encodeStartupPacket([["user", "app"], ["database", "shop"], ...more], { major, minor });
}

/** A length word, and something behind it. */
function announced(length: number): Buffer {
  const packet = Buffer.alloc(64, "x");
  packet.writeUInt32BE(length);
  return packet;
}

/** Without what only a server written in C can say of itself, and the lengths that count it. */
function comparable(bytes: Buffer): string {
  const text = bytes.toString("latin1").replaceAll(/E[^]{4}(?=SFATAL)/g, "E....");
  return text.replaceAll(/F[a-z_]+\.c\0L\d+\0R\w+\0/g, "");
}

/** Byte for byte: names may be no UTF-8. */
async function serverLog(): Promise<string> {
  return await readFile(server.paths.log, "latin1");
}

/** The messages of a log of either side, without prefixes. */
function logged(log: string): string[] {
  return [...log.matchAll(/(?:LOG|FATAL|DETAIL): {2}.*/g)].map(([line]) => line);
}

const alone: readonly (readonly [string, ...Buffer[]])[] = [
  ["a length of 0", announced(0)],
  ["a length of 7", announced(7)],
  ["a length above the limit", announced(10_005)],
  ["a length of 2^31 - 1", announced(0x7fff_ffff)],
  ["a negative length", announced(0xffff_ffff)],
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["a TLS hello without SSLRequest", Buffer.from("16030100c8010000c40303", "hex")],
  ["SSLRequest and a startup packet in one segment", ssl, startup(3, 0)],
  ["GSSENCRequest and a startup packet in one segment", gssenc, startup(3, 0)],
  [
    "an SSLRequest with a byte too many",
    Buffer.concat([Buffer.of(0, 0, 0, 9), ssl.subarray(4), Buffer.of(0)]),
    startup(3, 0),
  ],
  ["protocol 3.0", startup(3, 0)],
  ["protocol 3.1", startup(3, 1)],
  ["protocol 3.2", startup(3, 2)],
  ["protocol 3.9", startup(3, 9)],
  ["protocol 3.0 with an option of the protocol", startup(3, 0, [["_pq_.new", "1"]])],
  ["protocol 3.65535", startup(3, 65_535)],
  ["protocol 2.0", startup(2, 0)],
  ["protocol 1.0", startup(1, 0)],
  ["protocol 0.0", startup(0, 0)],
  ["protocol 4.0", startup(4, 0)],
  ["no user", encodeStartupPacket([["database", "shop"]])],
  ["an empty user, in protocol 3.9", encodeStartupPacket([["user", ""]], { major: 3, minor: 9 })],
  ["a value for replication that is none", startup(3, 0, [["replication", "o"]])],
  ["no terminator", Buffer.concat([Buffer.of(0, 0, 0, 17, 0, 3, 0, 0), Buffer.from("user\0app\0")])],
  ["a name of a kilobyte", encodeStartupPacket([["user", "n".repeat(1024)]])],
  ["a name that is no UTF-8", encodeStartupPacket([["user", "\xff\xfe"]])],
  ["a cancel request that is too short", Buffer.concat([Buffer.of(0, 0, 0, 8), Buffer.of(4, 210, 22, 46)])],
];

describe("what stands at the door gets the same answer as from PostgreSQL, and the same line in the log", () => {
  test.for(alone)("%s", async ([, ...pieces]) => {
    const before = [gate.log().length, (await serverLog()).length] as const;
    const ours = await knock(gate.tcp, ...pieces);
    const theirs = await knock({ host: "127.0.0.1", port: server.port }, ...pieces);
    expect(comparable(ours)).toBe(comparable(theirs));
    const lines = logged(gate.log().slice(before[0]));
    expect(lines).toEqual(logged((await serverLog()).slice(before[1])));
    expect(lines.some((line) => line.startsWith("FATAL"))).toBe(ours.includes("FATAL"));
  });
});

describe("encryption may be asked for once each, and is answered N", () => {
  const orders: readonly (readonly [string, ...Buffer[]])[] = [
    ["SSL, GSS", ssl, gssenc, startup(3, 0)],
    ["GSS, SSL", gssenc, ssl, startup(3, 0)],
    ["SSL twice", ssl, ssl],
    ["GSS twice", gssenc, gssenc],
    ["SSL, GSS, SSL", ssl, gssenc, ssl],
  ];
  test.for(orders)("%s", async ([, ...requests]) => {
    const ours = await conversation(gate.tcp, requests);
    const theirs = await conversation({ host: "127.0.0.1", port: server.port }, requests);
    expect(comparable(ours)).toBe(comparable(theirs));
    expect(ours.toString("latin1")).toMatch(/^N{1,2}E/);
    expect(comparable(ours)).toMatch(
      requests.at(-1)?.equals(startup(3, 0)) === true
        ? /rejects connection/
        : /unsupported frontend protocol 1234/,
    );
  });

  test("over the Unix socket too", async () => {
    const bytes = await conversation(gate.unix, [ssl, gssenc, startup(3, 0)]);
    expect(comparable(bytes)).toMatch(/^NNE.*pg_hba\.conf rejects connection for host "\[local\]"/);
  });

  test("nothing that came in one segment with a request is ever acted upon", async () => {
    await using open = await startGate(server, { hba: "host all all all trust\n" });
    const bytes = await knock(open.tcp, ssl, startup(3, 0));
    expect(comparable(bytes)).toMatch(/^NE.*received unencrypted data after SSL request/);
    expect(open.log()).not.toMatch(/authenticated|authorized/);
  });
});

describe("a cancel request", () => {
  test.for([4, 32, 256])("with a key of %i bytes is never answered", async (length) => {
    const before = gate.log().length;
    const key = { processId: 4711, secretKey: Buffer.alloc(length, 1) };
    expect(await knock(gate.tcp, encodeCancelRequest(key))).toHaveLength(0);
    expect(gate.log().slice(before)).toBe(
      "00000 LOG:  PID 4711 in cancel request did not match any process\n",
    );
  });
});
