import { Duplex } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageReader } from "../frame/message-reader.ts";
import { encodeCancelRequest, encodeStartupPacket } from "../message/startup.ts";
import { parseStartupPacket } from "./packet.ts";
import { readStartupBody } from "./read.ts";
import { parseStartupRequest, startupBodyLength } from "./request.ts";

function packet(text: string, major = 3, minor = 0): Buffer {
  return Buffer.concat([
    Buffer.of(major >> 8, major & 255, minor >> 8, minor & 255),
    Buffer.from(text, "latin1"),
  ]);
}

function accepted(text: string, minor = 0) {
  const parsed = parseStartupPacket(packet(text, 3, minor));
  if (parsed.kind !== "accepted") {
    throw parsed.error;
  }
  return parsed.packet;
}

function refused(body: Buffer) {
  const parsed = parseStartupPacket(body);
  if (parsed.kind !== "refused") {
    throw new Error("accepted");
  }
  const { code, message, hint } = parsed.error;
  return { code, message, hint, format: parsed.format, negotiation: parsed.negotiation };
}

describe("the length word", () => {
  test.each([0, 1, 3, 4, 7, 10_005, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])("%i is not acceptable", (word) => {
    expect(startupBodyLength(word)).toBeNull();
  });
  test.each([8, 10_004])("%i is", (word) => {
    expect(startupBodyLength(word)).toBe(word - 4);
  });
});

const code = (value: number, rest = "") => {
  const head = Buffer.alloc(4);
  head.writeInt32BE(value);
  return Buffer.concat([head, Buffer.from(rest, "latin1")]);
};

describe("the first packet", () => {
  const all = { ssl: true, gssenc: true };
  test("may ask for TLS or GSS encryption; bytes behind the code are ignored", () => {
    expect(parseStartupRequest(code(80877103), all)).toEqual({ kind: "ssl" });
    expect(parseStartupRequest(code(80877103, "x"), all)).toEqual({ kind: "ssl" });
    expect(parseStartupRequest(code(80877104), all)).toEqual({ kind: "gssenc" });
  });

  test("may not ask a second time: then it is an unknown protocol version", () => {
    const none = { ssl: false, gssenc: false };
    for (const [value, minor] of [
      [80877103, 5679],
      [80877104, 5680],
    ] as const) {
      const version = { major: 1234, minor };
      expect(parseStartupRequest(code(value), none)).toEqual({ kind: "startup", version });
      expect(refused(code(value))).toMatchObject({
        code: "0A000",
        message: `unsupported frontend protocol 1234.${minor}: server supports 3.0 to 3.2`,
        format: "v3",
      });
    }
  });

  test("may cancel, with a key of 1 to 256 bytes", () => {
    for (const length of [1, 4, 32, 256]) {
      const key = { processId: 77, secretKey: Buffer.alloc(length, 1) };
      expect(parseStartupRequest(encodeCancelRequest(key).subarray(4), all)).toEqual({ kind: "cancel", key });
    }
  });

  test.each([
    ["", "invalid length of cancel request packet"],
    ["\0\0\0", "invalid length of cancel request packet"],
    ["\0\0\0\x01", "invalid length of cancel key in cancel request packet"],
    [`\0\0\0\x01${"k".repeat(257)}`, "invalid length of cancel key in cancel request packet"],
    ["\0\0\0\0k", "invalid cancel request with PID 0"],
  ])("is a cancel request %j that is only logged: %s", (rest, logMessage) => {
    expect(parseStartupRequest(code(80877102, rest), all)).toEqual(closedFor(logMessage));
  });
});

describe("the version", () => {
  const supports = "server supports 3.0 to 3.2";
  test.each([
    [0, 0, "v3"],
    [0, 1, "v2"],
    [1, 0, "v2"],
    [2, 0, "v2"],
    [2, 65535, "v2"],
    [4, 0, "v3"],
    [30840, 30840, "v3"],
    [65535, 65535, "v3"],
  ])("%i.%i is refused in the %3$s format before anything else is looked at", (major, minor, format) => {
    expect(refused(packet("garbage", major, minor))).toEqual({
      code: "0A000",
      message: `unsupported frontend protocol ${major}.${minor}: ${supports}`,
      hint: undefined,
      format,
      negotiation: null,
    });
  });

  test.each([
    [0, 0, false],
    [1, 1, false],
    [2, 2, false],
    [3, 2, true],
    [65535, 2, true],
  ])("3.%i is spoken as 3.%i; negotiated: %s", (asked, spoken, negotiated) => {
    const parsed = parseStartupPacket(packet("user\0u\0\0", 3, asked));
    expect(parsed).toMatchObject({ kind: "accepted", packet: { protocol: { major: 3, minor: spoken } } });
    expect(parsed.negotiation).toEqual(
      negotiated ? { version: { major: 3, minor: 2 }, unknownOptions: [] } : null,
    );
  });

  test("negotiation also names every _pq_. option, as often as it came", () => {
    const parsed = parseStartupPacket(
      packet("_pq_.a\0b\0_pq_.\0\0user\0u\0_pq_.a\0c\0_pq_\0x\0_PQ_.a\0y\0\0"),
    );
    expect(parsed.negotiation).toEqual({
      version: { major: 3, minor: 0 },
      unknownOptions: ["_pq_.a", "_pq_.", "_pq_.a"],
    });
    expect(parsed).toMatchObject({
      packet: {
        parameters: [
          ["_pq_", "x"],
          ["_PQ_.a", "y"],
        ],
      },
    });
  });
});

describe("the parameters", () => {
  test("user, database and options are taken out, the rest kept in order", () => {
    expect(
      accepted(
        "application_name\0a\0user\0u\0options\0-c x=y\0database\0d\0USER\0v\0application_name\0b\0\0",
      ),
    ).toEqual({
      protocol: { major: 3, minor: 0 },
      user: "u",
      database: "d",
      replication: false,
      options: "-c x=y",
      parameters: [
        ["application_name", "a"],
        ["USER", "v"],
        ["application_name", "b"],
      ],
      unknownProtocolOptions: [],
    });
  });

  test("the last of several counts", () => {
    expect(accepted("user\0a\0database\0x\0user\0b\0database\0y\0\0")).toMatchObject({
      user: "b",
      database: "y",
    });
    expect(refused(packet("user\0a\0user\0\0\0"))).toMatchObject({ code: "28000" });
  });

  test.each(["user\0u\0\0", "user\0u\0database\0\0\0"])("the database defaults to the user: %j", (text) => {
    expect(accepted(text)).toMatchObject({ user: "u", database: "u", options: null });
  });

  test("names are cut to 63 bytes each, the default database too", () => {
    const long = "é".repeat(70);
    expect(accepted(`user\0${long}\0\0`)).toMatchObject({
      user: long.slice(0, 63),
      database: long.slice(0, 63),
    });
  });

  test.each(["-d", "/etc", "host=evil", "postgresql://evil", "a b"])(
    "a database called %j is just a name",
    (name) => {
      expect(accepted(`user\0u\0database\0${name}\0\0`).database).toBe(name);
    },
  );
});

describe("replication", () => {
  test.each(["t", "TRUE", "tr", "y", "Yes", "on", "ON", "1"])(
    "%j is physical, and has no database",
    (value) => {
      expect(accepted(`user\0u\0database\0d\0replication\0${value}\0\0`)).toMatchObject({
        replication: true,
        database: "",
      });
    },
  );
  test.each(["f", "fals", "n", "NO", "of", "OFF", "0"])("%j is none", (value) => {
    expect(accepted(`user\0u\0replication\0${value}\0\0`)).toMatchObject({
      replication: false,
      database: "u",
    });
  });
  test.each(["", "o", " true", "truex", "onn", "2", "DATABASE", "\u00E9"])("%j is refused", (value) => {
    // The error comes before that about the missing terminator.
    expect(refused(packet(`user\0u\0replication\0${value}\0x`))).toMatchObject({
      code: "22023",
      message: `invalid value for parameter "replication": "${value}"`,
      hint: 'Valid values are: "false", 0, "true", 1, "database".',
    });
  });
  test.each([
    [["database"], "database"],
    [["true", "database"], "database"],
    [["database", "true"], "database"],
    [["database", "false"], false],
    [["database", "false", "1"], "database"],
    [["true", "false"], false],
  ])("%j together are %j", (values, expected) => {
    const text = values.map((value) => `replication\0${value}\0`).join("");
    expect(accepted(`user\0u\0${text}\0`).replication).toBe(expected);
  });
});

describe("the layout", () => {
  test.each([
    ["nothing behind the version", ""],
    ["a name without a value", "user\0u\0foo\0"],
    ["a name without an end", "user\0u\0foo"],
    ["a value without an end", "user\0postgres"],
    ["no terminator", "user\0u\0"],
    ["a byte behind the terminator", "user\0u\0\0\0"],
  ])("%s", (_, text) => {
    // Not even a version that must be negotiated is answered before this check.
    expect(refused(packet(text, 3, 9))).toEqual({
      code: "08P01",
      message: "invalid startup packet layout: expected terminator as last byte",
      hint: undefined,
      format: "v3",
      negotiation: null,
    });
  });

  test.each(["\0", "user\0\0\0", "USER\0u\0\0"])(
    "%j names no user; negotiation is answered first",
    (text) => {
      expect(refused(packet(text, 3, 9))).toMatchObject({
        code: "28000",
        message: "no PostgreSQL user name specified in startup packet",
        negotiation: { version: { major: 3, minor: 2 } },
      });
    },
  );

  test("any bytes are accepted or refused, never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4 }), fc.boolean(), (bytes, version3) => {
        const body = Buffer.from(bytes);
        if (version3) {
          body.writeUInt16BE(3);
        }
        expect(["accepted", "refused"]).toContain(parseStartupPacket(body).kind);
      }),
    );
  });

  test("what our client half encodes comes back", () => {
    const text = fc.uint8Array({ min: 1, minLength: 1, maxLength: 63 });
    const name = text.map((bytes) => Buffer.from(bytes).toString("latin1"));
    fc.assert(
      fc.property(name, name, name, (user, database, value) => {
        const encoded = encodeStartupPacket([
          ["user", user],
          ["database", database],
          ["x", value],
        ]);
        expect(parseStartupPacket(encoded.subarray(4))).toMatchObject({
          packet: { user, database, parameters: [["x", value]] },
        });
      }),
    );
  });
});

async function read(bytes: string, afterRequest?: boolean) {
  const stream = new Duplex({ read() {} });
  stream.push(Buffer.from(bytes, "latin1"));
  stream.push(null);
  return readStartupBody(new MessageReader(stream), undefined, afterRequest);
}

function closedFor(logMessage: string): object {
  const isViolation = logMessage !== "invalid cancel request with PID 0";
  return { kind: "close", logMessage, sqlstate: isViolation ? "08P01" : "00000" };
}

describe("reading a packet", () => {
  test("behind an answered request half a length word is not worth a line, half a packet is", async () => {
    expect(await read("\0\0", true)).toEqual({ kind: "silent_close" });
    expect(await read("\0\0\0\x10abc", true)).toMatchObject({ kind: "close" });
  });

  test.each([
    ["", { kind: "silent_close" }],
    ["\0", closedFor("incomplete startup packet")],
    ["\0\0\0", closedFor("incomplete startup packet")],
    ["\0\0\0\x10abc", closedFor("incomplete startup packet")],
    ["\0\0\0\x07abc", closedFor("invalid length of startup packet")],
    ["GET / HTTP/1.1\r\n", closedFor("invalid length of startup packet")],
    ["\0\0\0\x08abcd", { kind: "body", body: Buffer.from("abcd") }],
  ])("%j", async (bytes, expected) => {
    expect(await read(bytes)).toEqual(expected);
  });
});
