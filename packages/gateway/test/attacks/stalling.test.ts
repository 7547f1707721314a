import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeGssencRequest, encodeSaslInitialResponse, encodeSslRequest } from "@sallyport/wire";
import type { TestGate } from "../gate.ts";
import { startGate } from "../gate.ts";
import { converse, isIn, outline, readMessages } from "./conversation.ts";
import type { Line } from "./conversation.ts";
import { clientFirst, loginLines, passwordLine, startup } from "./lines.ts";
import { startTwins } from "./twins.ts";
import type { Twins } from "./twins.ts";

const hba = `host all plain all password
host all old   all md5
host all guest all trust
host all all   all scram-sha-256
`;
/** One place: whoever keeps it keeps everybody else out. */
const conf = "authentication_timeout = 1s\nmax_connections = 1\nsuperuser_reserved_connections = 0\n";

let twins: Twins;

beforeAll(async () => {
  twins = await startTwins({
    hba,
    statements: [
      "create role guest login",
      "create role plain login password 'plain-secret'",
      "set password_encryption = 'md5'",
      "create role old login password 'old-secret'",
    ],
  });
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

async function gateWithOnePlace(): Promise<TestGate> {
  return await startGate(twins.server, { hba, conf });
}

async function logIn(gate: TestGate): Promise<boolean> {
  return isIn(await converse(gate.tcp, loginLines("app", "app-secret")));
}

const packet = startup("app");
const first = encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from(clientFirst));
const fatal = "57014 FATAL:  canceling authentication due to timeout\n";

describe("whoever stalls is closed once, without a word, and leaves the place to others", () => {
  const places: readonly (readonly [string, readonly Line[], arrived: boolean])[] = [
    ["after connecting", [], false],
    ["within a length word", [Buffer.of(0, 0)], false],
    ["after SSLRequest", [encodeSslRequest()], false],
    ["after GSSENCRequest", [encodeGssencRequest()], false],
    ["after both", [encodeSslRequest(), encodeGssencRequest()], false],
    ["after half an SSLRequest", [encodeSslRequest().subarray(0, 6)], false],
    ["within the startup packet", [packet.subarray(0, -1)], false],
    ["at the password", [startup("plain")], true],
    ["within the password", [startup("plain"), passwordLine(5000, Buffer.from("plain"))], true],
    ["at the MD5 challenge", [startup("old")], true],
    ["at the SASL request", [packet], true],
    ["within the first SASL message", [packet, first.subarray(0, 20)], true],
    ["at the SASL challenge", [packet, first], true],
    ["within the last SASL message", [packet, first, passwordLine(100, Buffer.from("c=biws"))], true],
  ];
  test.concurrent.for(places)("%s", async ([, lines, arrived], { expect }) => {
    await using gate = await gateWithOnePlace();
    const talk = await converse(gate.tcp, lines, "wait");
    expect(talk.closed).toBe(true);
    expect(talk.milliseconds).toBeGreaterThan(900);
    expect(talk.milliseconds).toBeLessThan(10_000);
    expect(outline(talk).filter((line) => line.startsWith("E"))).toEqual([]);
    expect(gate.log().split(fatal)).toHaveLength(arrived ? 2 : 1);
    expect(await logIn(gate)).toBe(true);
  });
});

describe("slow is as good as stalled", () => {
  const drips: readonly (readonly [string, readonly Buffer[], slow: Buffer])[] = [
    ["a startup packet", [], packet],
    ["an SSLRequest", [], encodeSslRequest()],
    ["a password", [startup("plain")], passwordLine(200, Buffer.alloc(196, "x"))],
    ["a SASL message", [packet], first],
  ];
  test.concurrent.for(drips)("a byte now and then: %s", async ([, before, slow], { expect }) => {
    await using gate = await gateWithOnePlace();
    const started = performance.now();
    const socket = connect(gate.tcp).on("error", () => undefined);
    for (const bytes of before) {
      socket.write(bytes);
      await once(socket, "data");
    }
    let at = 0;
    const drip = setInterval(() => socket.write(slow.subarray(at, (at += 1))), 250);
    await once(socket.resume(), "close");
    clearInterval(drip);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(at).toBeLessThan(slow.length);
    expect(await logIn(gate)).toBe(true);
  });

  test.concurrent("who wants TLS answered again and again", async ({ expect }) => {
    await using gate = await gateWithOnePlace();
    const talk = await converse(
      gate.tcp,
      Array.from({ length: 5 }, () => encodeSslRequest()),
      "wait",
    );
    expect(talk.milliseconds).toBeLessThan(900);
    expect(await logIn(gate)).toBe(true);
  });

  test.concurrent("who does not read what he is told", async ({ expect }) => {
    await using gate = await gateWithOnePlace();
    const socket = connect({ ...gate.tcp, onread: { buffer: Buffer.alloc(1), callback: () => false } });
    socket.on("error", () => undefined);
    socket.write(startup("nobody-of-that-name"));
    await gate.logged(fatal.trimEnd());
    expect(await logIn(gate)).toBe(true);
    socket.destroy();
  });
});

describe("what the gate itself waits for does not outlast the client's time", () => {
  /** Nobody reads a catalogue while this transaction has it. */
  async function locked(catalogue: string, during: () => Promise<void>): Promise<void> {
    const { server } = twins;
    const holder = connect(server.paths.socket);
    let bytes = Buffer.alloc(0);
    holder.on("data", (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
    const readyForQuery = async (times: number): Promise<void> => {
      while (readMessages(bytes).messages.filter(({ kind }) => kind === "Z").length < times)
        await once(holder, "data");
    };
    holder.write(startup("postgres", "postgres"));
    await readyForQuery(1);
    const sql = `begin; lock table ${catalogue} in access exclusive mode`;
    holder.write(Buffer.concat([Buffer.from("Q"), lengthOf(sql), Buffer.from(`${sql}\0`)]));
    await readyForQuery(2);
    try {
      await during();
    } finally {
      holder.destroy();
    }
  }

  function lengthOf(sql: string): Buffer {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(4 + sql.length + 1);
    return word;
  }

  test("the catalogue", async () => {
    await using gate = await gateWithOnePlace();
    await locked("pg_catalog.pg_auth_members", async () => {
      const talk = await converse(gate.tcp, [packet], "wait");
      expect(outline(talk)).toEqual([]);
      expect(talk.milliseconds).toBeGreaterThan(900);
    });
    expect(gate.log().split(fatal)).toHaveLength(2);
    expect(await logIn(gate)).toBe(true);
  });

  test("the session of the role: of a success that came too late the client hears nothing", async () => {
    await using gate = await gateWithOnePlace();
    await locked("pg_catalog.pg_db_role_setting", async () => {
      const talk = await converse(gate.tcp, loginLines("app", "app-secret"), "wait");
      expect(talk.milliseconds).toBeGreaterThan(900);
      expect(isIn(talk)).toBe(false);
      expect(talk.closed).toBe(true);
    });
    expect(gate.log().split(fatal)).toHaveLength(2);
    expect(await logIn(gate)).toBe(true);
  });
});
