import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  encodeMessage,
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from "@sallyport/wire";
import { isIn, refusal, writeByteByByte } from "./conversation.ts";
import { converse } from "./conversation.ts";
import type { Line } from "./conversation.ts";
import { announced, clientFirst, initialResponse, loginLines, passwordLine, startup } from "./lines.ts";
import { sameTo, startTwins } from "./twins.ts";
import type { Twins } from "./twins.ts";

const hba = `host all plain all password
host all old   all md5
host all all   all scram-sha-256
`;

let twins: Twins;

beforeAll(async () => {
  twins = await startTwins({
    hba,
    statements: [
      "create role plain login password 'plain-secret'",
      "set password_encryption = 'md5'",
      "create role old login password 'old-secret'",
    ],
  });
});

afterAll(async () => {
  await twins?.[Symbol.asyncDispose]();
});

const lengths: readonly number[] = [
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  1023,
  1024,
  1025,
  9999,
  10_000,
  10_004,
  10_005,
  65_534,
  65_535,
  65_536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 2,
  2 ** 32 - 1,
];
/** Behind the length word, whatever it says. */
const bytes = Buffer.alloc(32, "x");

const first = encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from(clientFirst));
const places: readonly (readonly [string, readonly Buffer[]])[] = [
  ["a password", [startup("plain")]],
  ["the answer to an MD5 challenge", [startup("old")]],
  ["the first SASL message", [startup("app")]],
  ["the last SASL message", [startup("app"), first]],
];

describe("a length word is believed as far as PostgreSQL believes it, whatever it says", () => {
  test.for(lengths)("of a startup packet: %d", async (length) => {
    const { heard } = await sameTo(twins, () => [announced(length, bytes)]);
    expect(heard.every(({ kind }) => kind.startsWith("E"))).toBe(true);
  });

  for (const [place, before] of places) {
    test.for(lengths)(`of ${place}: %d`, async (length) => {
      const talk = await sameTo(twins, () => [...before, passwordLine(length, bytes)]);
      expect(isIn(talk)).toBe(false);
    });
  }
});

describe("a message that is as long as it says", () => {
  const fill = (length: number): string => "x".repeat(length);
  const cases: readonly (readonly [string, readonly Line[], sqlstate: string | undefined])[] = [
    ["a password of 65,530 bytes is one", [startup("plain"), encodePasswordMessage(fill(65_530))], "28P01"],
    ["a longer one ends the connection", [startup("plain"), encodePasswordMessage(fill(65_531))], undefined],
    [
      "a SASL message of 1020 bytes is one",
      [startup("app"), encodeSaslResponse(Buffer.from(fill(1020)))],
      "08P01",
    ],
    ["a longer one is a failure", [startup("app"), encodeSaslResponse(Buffer.from(fill(1021)))], "28P01"],
    [
      "a startup packet of 10,000 bytes is one",
      [startup(fill(10_000 - 25)), passwordLine(0, bytes)],
      "28P01",
    ],
    ["a longer one ends the connection before a word", [startup(fill(10_001 - 25))], undefined],
  ];
  test.for(cases)("%s", async ([, lines, sqlstate]) => {
    expect(refusal(await sameTo(twins, () => lines))[0]).toBe(sqlstate);
  });

  test("may come a byte at a time: a login of a thousand segments is one like any other", async () => {
    const options: readonly (readonly [string, string])[] = [["application_name", fill(700)]];
    const lines = loginLines("app", "app-secret", startup("app", "shop", options));
    const talk = await converse(twins.ours, lines, "shut", { write: writeByteByByte });
    expect(talk.heard.at(-1)?.kind).toBe("Z");
  });
});

describe("the length within the first SASL message", () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ["-1, for a message without data", -1, ""],
    ["-1, and data all the same", -1, clientFirst],
    ["-2", -2, clientFirst],
    ["the lowest", -(2 ** 31), clientFirst],
    ["the highest", 2 ** 31 - 1, clientFirst],
    ["0, without data", 0, ""],
    ["0, and data all the same", 0, clientFirst],
    ["one less than there is", clientFirst.length - 1, clientFirst],
    ["one more than there is", clientFirst.length + 1, clientFirst],
  ];
  test.for(cases)("is %s", async ([, length, data]) => {
    const talk = await sameTo(twins, () => [startup("app"), initialResponse("SCRAM-SHA-256", length, data)]);
    expect(isIn(talk)).toBe(false);
  });

  const messages: readonly (readonly [string, Buffer])[] = [
    ["nothing", encodeMessage("p")],
    ["a mechanism without an end", encodeMessage("p", Buffer.from("SCRAM-SHA-256"))],
    ["a mechanism and no length", encodeMessage("p", Buffer.from("SCRAM-SHA-256\0"))],
    ["a mechanism and half a length", encodeMessage("p", Buffer.from("SCRAM-SHA-256\0\0\0"))],
    ["no mechanism", initialResponse("", clientFirst.length, clientFirst)],
    [
      "a mechanism that was not offered",
      initialResponse("SCRAM-SHA-256-PLUS", clientFirst.length, clientFirst),
    ],
    ["a mechanism in another case", initialResponse("scram-sha-256", clientFirst.length, clientFirst)],
    ["a NUL in its data", initialResponse("SCRAM-SHA-256", clientFirst.length + 2, `${clientFirst}\0x`)],
  ];
  test.for(messages)("a message may hold %s", async ([, message]) => {
    const talk = await sameTo(twins, () => [startup("app"), message]);
    expect(refusal(talk)[0]).toBe("08P01");
  });
});

describe("a message of another type than asked for", () => {
  for (const [place, before] of places) {
    test.for(["Q", "X", "P", "\0", "\xff"])(`instead of ${place}: %j`, async (type) => {
      const talk = await sameTo(twins, () => [...before, encodeMessage(type, Buffer.from("select 1\0"))]);
      expect(refusal(talk)[1]).toMatch(/^expected (?:password|SASL) response, got message type \d+$/);
    });
  }
});
