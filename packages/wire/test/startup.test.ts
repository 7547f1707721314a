/** Our reading of the first packet against PostgreSQL 18's, byte for byte. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeErrorFields,
  encodeErrorResponse,
  encodeFatalError,
  encodeNegotiateProtocolVersion,
  parseStartupPacket,
  parseStartupRequest,
  startupBodyLength,
} from "../src/index.ts";
import { encodeUntyped } from "../src/index.ts";
import { exchange, startServer } from "./server.ts";
import type { TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer("local all all trust\n");
});
afterAll(async () => {
  await server.stop();
});

/** What we would send to a client that sends `bytes` and closes; null once it is let in to authentication. */
function ours(bytes: Buffer): Buffer | null {
  const nothing = Buffer.alloc(0);
  const length = bytes.length < 4 ? null : startupBodyLength(bytes.readUInt32BE(0));
  if (length === null || bytes.length < length + 4) {
    return nothing;
  }
  const body = bytes.subarray(4, length + 4);
  const request = parseStartupRequest(body, { ssl: true, gssenc: true });
  if (request.kind === "ssl" || request.kind === "gssenc") {
    return Buffer.from("N");
  }
  if (request.kind !== "startup") {
    return nothing;
  }
  const parsed = parseStartupPacket(body);
  const negotiation =
    parsed.negotiation === null ? nothing : encodeNegotiateProtocolVersion(parsed.negotiation);
  return parsed.kind === "accepted"
    ? null
    : Buffer.concat([negotiation, encodeFatalError(parsed.error, parsed.format)]);
}

/** PostgreSQL's errors name its source file, line and routine; ours do not. */
function withoutSource(answer: Buffer): Buffer {
  const start = answer.toString("latin1", 0, 1) === "v" ? answer.readInt32BE(1) + 1 : 0;
  if (answer.toString("latin1", start, start + 1) !== "E" || answer[start + 1] !== 0) {
    return answer;
  }
  const fields = decodeErrorFields(answer.subarray(start + 5)).filter(({ type }) => !"FLR".includes(type));
  return Buffer.concat([answer.subarray(0, start), encodeErrorResponse(fields)]);
}

const USER = "user\0postgres\0database\0nowhere\0";
const v = (major: number, minor: number, rest: string) =>
  encodeUntyped(Buffer.of(major >> 8, major & 255, minor >> 8, minor & 255), Buffer.from(rest, "latin1"));
const code = (value: number, rest = "") => v(value >>> 16, value & 0xffff, rest);

const packets: Record<string, Buffer> = {
  "nothing at all": Buffer.alloc(0),
  "two bytes": Buffer.alloc(2),
  "a packet cut short": Buffer.from("\0\0\0\x10abc"),
  HTTP: Buffer.from("GET / HTTP/1.1\r\n\r\n"),
  SSLRequest: code(80877103),
  "SSLRequest of nine bytes": code(80877103, "x"),
  GSSENCRequest: code(80877104),
  "cancel of nobody": code(80877102, "\0\0\0\x01\0\0\0\x01"),
  "cancel without key": code(80877102, "\0\0\0\x01"),
  "cancel without process": code(80877102),
  "cancel with a key too long": code(80877102, `\0\0\0\x01${"k".repeat(257)}`),
  "the largest packet": v(3, 0, `user\0${"u".repeat(9989)}\0\0`),
};
for (const length of [0, 1, 3, 4, 7, 8, 10_004, 10_005, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
  const word = Buffer.alloc(4);
  word.writeUInt32BE(length);
  packets[`length word ${length}`] = Buffer.concat([word, Buffer.alloc(20, "x")]);
}
for (const version of ["0.0", "0.1", "1.0", "2.0", "2.9", "4.0", "1234.5681", "32768.0", "65535.65535"]) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  packets[`version ${version}`] = v(major, minor, `${USER}\0`);
}
for (const [name, rest] of Object.entries({
  "no parameters and no terminator": "",
  "no parameters": "\0",
  "an empty user": "user\0\0\0",
  "an upper-case USER": "USER\0postgres\0\0",
  "a second, empty user": `${USER}user\0\0\0`,
  "protocol options": "_pq_.a\0b\0_pq_.\0\0_pq_.a\0c\0\0",
  "protocol options out of order": "_pq_.b\0\0foo\0bar\0_pq_.a\0\0\0",
  "a name without value": `${USER}foo\0`,
  "a name without end": `${USER}foo`,
  "a value without end": "user\0postgres",
  "no terminator": USER,
  "two terminators": `${USER}\0\0`,
  "bytes behind the terminator": `${USER}\0foo`,
  "a bad replication value and no terminator": `${USER}replication\0\u00E9\0`,
})) {
  packets[`3.0 with ${name}`] = v(3, 0, rest);
  packets[`3.9 with ${name}`] = v(3, 9, rest);
}
for (const value of [
  "",
  "o",
  "oN",
  "onn",
  "of",
  "offf",
  " true",
  "truex",
  "T",
  "yes",
  "nO",
  "2",
  "01",
  "DATABASE",
  "database",
]) {
  packets[`replication ${JSON.stringify(value)}`] = v(3, 0, `${USER}replication\0${value}\0\0`);
}

describe("PostgreSQL 18 and we answer the same", () => {
  test.each(Object.entries(packets))("to %s", async (_, bytes) => {
    const theirs = withoutSource(await exchange(server, bytes));
    const expected = ours(bytes);
    // An accepted packet goes on to authentication, where PostgreSQL finds no such role, database or rule.
    const answer = expected ?? (/role|database|replication/.test(theirs.toString("latin1")) ? theirs : null);
    expect(answer?.toString("latin1")).toBe(theirs.toString("latin1"));
    const refusals = /unsupported frontend|invalid value for parameter|startup packet/;
    expect(refusals.test(theirs.toString("latin1"))).toBe(expected !== null && expected.length > 1);
  });
});
