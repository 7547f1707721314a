import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gssClient } from "@sallyport/testkit";
import type { Ticket } from "@sallyport/testkit";
import { encodeGssencRequest, encodeMessage, encodeQuery, encodeSslRequest } from "@sallyport/wire";
import { answerGss, outline, packet, sealedTalkTo, startup, talkTo } from "./gss-talk.ts";
import type { SealedTalk } from "./gss-talk.ts";
import { startGssTwins } from "./gss-twins.ts";
import type { GssTwins } from "./gss-twins.ts";

let twins: GssTwins;
let ticket: Ticket;

beforeAll(async () => {
  twins = await startGssTwins({ users: ["app"], hba: "host all app all gss include_realm=0\n" });
  ticket = await twins.kdc.ticket("app");
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

async function token(): Promise<Buffer> {
  using client = await gssClient({ cache: ticket.cache });
  return client.step(null);
}

const refused = 'E|28000|GSSAPI authentication failed for user "app"';
const failed = '28000|FATAL:  GSSAPI authentication failed for user "app"';

describe("to the method gss, a client answers with", () => {
  const answers: readonly (readonly [string, () => Buffer | Promise<Buffer>, boolean, readonly string[]])[] =
    [
      ["garbage", () => encodeMessage("p", Buffer.from("garbage")), false, [refused]],
      ["half of a token", async () => encodeMessage("p", (await token()).subarray(0, 300)), false, [refused]],
      [
        "a token with another byte in it",
        async () => encodeMessage("p", spoiled(await token())),
        false,
        ["R 8", refused],
      ],
      ["the longest message", () => encodeMessage("p", Buffer.alloc(65_531)), false, [refused]],
      ["a longer one", () => encodeMessage("p", Buffer.alloc(65_532)), false, [refused]],
      ["the length of a gigabyte", () => Buffer.from("p\x40\0\0\0", "latin1"), false, [refused]],
      ["a negative length", () => Buffer.from("p\xff\xff\xff\xff", "latin1"), false, [refused]],
      ["its end", () => Buffer.of(), true, [refused]],
      ["half of a message, and its end", () => Buffer.from("p\0\0\x01\0half", "latin1"), true, [refused]],
      [
        "a query",
        () => encodeQuery("select 1"),
        false,
        ["E|08P01|expected GSS response, got message type 81"],
      ],
    ];
  test.for(answers)("%s", async ([, bytes, end, expected]) => {
    const { gate, postgres } = await twins.both(async (port) => await answerGss(port, await bytes(), end));
    expect(gate).toEqual(postgres);
    expect(gate.result).toEqual(expected);
  });

  test("a token that was used before", async () => {
    const used = await token();
    const { gate, postgres } = await twins.both(async (port) => {
      const first = await answerGss(port, encodeMessage("p", used));
      return [...first, ...(await answerGss(port, encodeMessage("p", used)))].filter((kind) => kind !== "S");
    });
    expect(gate).toEqual(postgres);
    expect(gate.result).toEqual(["R 8", "R 0", "K", "Z", "R 8", refused]);
    expect(gate.log).toContain(failed);
    expect(gate.log.join("\n")).toContain("Request is a replay");
  });

  test("nothing at all, and is answered by the library's offer", async () => {
    // An empty token asks a server that can negotiate mechanisms (RFC 4178) to begin.
    const kinds = await twins.both(async (port) => {
      using talk = talkTo(port);
      talk.say(startup("app"));
      await talk.hear(9);
      talk.say(encodeMessage("p", Buffer.of()));
      const head = await talk.hear(9);
      return [head?.toString("latin1", 0, 1), head?.readInt32BE(5)];
    });
    expect(kinds.gate).toEqual(kinds.postgres);
    expect(kinds.gate.result).toEqual(["R", 8]);
  });
});

describe("to a grant of encryption, a client answers with", () => {
  const answers: readonly (readonly [string, () => Buffer | Promise<Buffer>, string | null])[] = [
    ["garbage", () => packet(Buffer.from("garbage")), "could not accept GSSAPI security context"],
    [
      "half of a token",
      async () => packet((await token()).subarray(0, 300)),
      "could not accept GSSAPI security context",
    ],
    [
      "a spoiled token",
      async () => packet(spoiled(await token())),
      "could not accept GSSAPI security context",
    ],
    ["the longest packet", () => packet(Buffer.alloc(65_532)), "could not accept GSSAPI security context"],
    [
      "a longer one",
      () => packet(Buffer.of(), 65_533),
      "oversize GSSAPI packet sent by the client (65533 > 65532)",
    ],
    [
      "the length of four gigabytes",
      () => packet(Buffer.of(), 0xffff_ffff),
      "oversize GSSAPI packet sent by the client (4294967295 > 65532)",
    ],
    [
      "a TLS hello",
      () => Buffer.from("16030100520100004e0303", "hex"),
      "oversize GSSAPI packet sent by the client",
    ],
    ["its end", () => Buffer.of(), null],
    ["half of a length, and its end", () => Buffer.of(0, 0), null],
    ["half of a packet, and its end", () => packet(Buffer.alloc(10), 100), null],
  ];
  test.for(answers)("%s: nothing is said", async ([, bytes, words]) => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = talkTo(port);
      talk.say(encodeGssencRequest());
      const answer = await talk.hear(1);
      talk.say(await bytes());
      if (words === null) talk.socket.end();
      return [answer?.toString(), (await talk.hearOut()).length];
    });
    expect(gate).toEqual(postgres);
    expect(gate.result).toEqual(["G", 0]);
    const logged = gate.log.filter((line) => !line.includes("connection received"));
    expect(logged[0] ?? "").toContain(words ?? "");
    expect(logged.length > 0).toBe(words !== null);
  });

  test("a startup packet in clear: it is a token that has not all come yet", async () => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = talkTo(port);
      talk.say(encodeGssencRequest());
      await talk.hear(1);
      talk.say(packet(Buffer.alloc(100), 10_000));
      return await talk.isSilent();
    });
    expect(gate).toEqual(postgres);
    expect(gate.result).toBe(true);
  });
});

describe("what stands behind GSSENCRequest before it is answered is never acted upon", () => {
  test.for([
    ["a byte", Buffer.of(0)],
    ["a startup packet", startup("app")],
    ["an SSLRequest", encodeSslRequest()],
    ["a startup packet and a query", Buffer.concat([startup("app"), encodeQuery("create table stuffed ()")])],
  ] as const)("%s", async ([, stuffed]) => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = await sealedTalkTo(port, { cache: ticket.cache }, stuffed);
      talk.saySealed(startup("app"));
      const heard = outline(await talk.hearSealed());
      return [...heard, (await talk.hearOut()).length];
    });
    expect(gate).toEqual(postgres);
    expect(gate.result).toEqual([
      "E",
      "08P01",
      "received unencrypted data after GSSAPI encryption request",
      "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
      0,
    ]);
  });
});

describe("within GSSAPI encryption", () => {
  const breaches: readonly (readonly [string, (talk: SealedTalk) => Buffer, string])[] = [
    ["a packet of garbage", () => packet(Buffer.from("garbage")), "GSSAPI unwrap error"],
    ["the longest packet, of zeros", () => packet(Buffer.alloc(16_380)), "GSSAPI unwrap error"],
    [
      "a longer one",
      () => packet(Buffer.of(), 16_381),
      "oversize GSSAPI packet sent by the client (16381 > 16380)",
    ],
    [
      "a packet with another byte in it",
      ({ client }) => packet(spoiled(client.wrap(startup("app")))),
      "GSSAPI unwrap error",
    ],
    [
      "a packet that is signed, and not sealed",
      ({ client }) => packet(client.wrap(startup("app"), false)),
      "incoming GSSAPI message did not use confidentiality",
    ],
    [
      "the second packet first",
      ({ client }) => (client.wrap(startup("app")), packet(client.wrap(startup("app")))),
      "GSSAPI unwrap error",
    ],
    ["a query in clear", () => encodeQuery("select 1"), "oversize GSSAPI packet sent by the client"],
  ];
  test.for(breaches)("%s ends the connection without a word", async ([, bytes, words]) => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = await sealedTalkTo(port, { cache: ticket.cache });
      talk.say(bytes(talk));
      return (await talk.hearOut()).length;
    });
    expect(gate).toEqual(postgres);
    expect(gate.result).toBe(0);
    expect(gate.log[1]).toContain(words);
  });

  test("a packet that comes twice ends the session", async () => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = await sealedTalkTo(port, { cache: ticket.cache });
      talk.saySealed(startup("app"));
      while (!(await talk.hearSealed())?.includes("Z\0\0\0\x05I"));
      const query = packet(talk.client.wrap(encodeQuery("select 1")));
      talk.say(query);
      while (!(await talk.hearSealed())?.includes("Z\0\0\0\x05I"));
      talk.say(query);
      return (await talk.hearOut()).length;
    });
    expect(gate).toEqual(postgres);
    expect(gate.log.join("\n")).toContain(
      "GSSAPI unwrap error\n00000|DETAIL:  The token was a duplicate of an earlier token",
    );
  });

  test.for([
    ["SSLRequest", encodeSslRequest(), "1234.5679"],
    ["GSSENCRequest", encodeGssencRequest(), "1234.5680"],
  ] as const)("%s is a version that nobody speaks", async ([, request, version]) => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = await sealedTalkTo(port, { cache: ticket.cache });
      talk.saySealed(request);
      const heard = outline(await talk.hearSealed());
      return [heard[0], heard[1], heard[2]?.replace(/server supports.*/, ""), (await talk.hearOut()).length];
    });
    expect(gate.result).toEqual(postgres.result);
    expect(gate.result).toEqual(["E", "0A000", `unsupported frontend protocol ${version}: `, 0]);
  });

  test("messages may be cut into packets in any way, and packets be empty", async () => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = await sealedTalkTo(port, { cache: ticket.cache });
      const pieces = [...startup("app")].flatMap((byte) => [Buffer.of(byte), Buffer.of()]);
      talk.say(Buffer.concat(pieces.map((piece) => packet(talk.client.wrap(piece)))));
      return outline(await talk.hearSealed());
    });
    expect(gate).toEqual(postgres);
    expect(gate.result).toEqual(["R"]);
  });

  test("both requests are there once: the answer to the second may be the grant", async () => {
    const { gate, postgres } = await twins.both(async (port) => {
      using talk = talkTo(port);
      talk.say(encodeSslRequest());
      const first = await talk.hear(1);
      talk.say(encodeGssencRequest());
      return [first?.toString(), (await talk.hear(1))?.toString()];
    });
    expect(gate).toEqual(postgres);
    expect(gate.result).toEqual(["N", "G"]);
  });
});

test("credentials that a client delegates are not taken", async () => {
  const forwardable = await twins.kdc.ticket("app", ["-f"]);
  const delegating = { cache: forwardable.cache, flags: 1 | 2 | 4 | 8 | 16 | 32 };
  const { gate, postgres } = await twins.both(async (port) => {
    using talk = await sealedTalkTo(port, delegating);
    talk.saySealed(startup("app"));
    return outline(await talk.hearSealed());
  });
  expect(gate).toEqual(postgres);
  expect(gate.result).toEqual(["R"]);
  expect(twins.gate.log()).not.toContain("delegated_credentials=yes");
});

test("a client that does not read is not read for: the rest waits upstream, and arrives", async () => {
  using talk = await sealedTalkTo(twins.gate.port, { cache: ticket.cache });
  talk.saySealed(startup("app"));
  while (!(await talk.hearSealed())?.includes("Z\0\0\0\x05I"));
  const before = process.memoryUsage.rss();
  talk.saySealed(encodeQuery("select repeat('x', 1000000) from generate_series(1, 100)"));
  const asked =
    "select count(*) from pg_stat_activity where wait_event = 'ClientWrite' and query like 'select repeat%'";
  await expect
    .poll(async () => (await twins.server.psql(["-c", asked])).stdout.trim(), { timeout: 30_000 })
    .toBe("1");
  expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  let length = 0;
  for (;;) {
    const message = await talk.hearSealed();
    length += message?.length ?? 0;
    if (message === null || message.includes("Z\0\0\0\x05I")) break;
  }
  expect(length).toBeGreaterThan(100_000_000);
});

/** Another byte in the middle of what is sealed. */
function spoiled(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  const at = other.length - 20;
  other.writeUInt8(other.readUInt8(at) ^ 1, at);
  return other;
}
