import { describe, expect, test } from "vitest";
import { array, assert, constantFrom, property } from "fast-check";
import { FatalError } from "@sallyport/wire";
import { authOf, checkFarewell } from "./client-message.ts";

/** With `^` for 0x01 and `0` for NUL. */
function bytes(text: string): string {
  return text.replaceAll("^", "\x01").replaceAll("0", "\0");
}

describe("holds an auth value", () => {
  test.for([
    ["n,,^auth=Bearer t^^", "Bearer t"],
    ["y,,^auth=Bearer t^^", "Bearer t"],
    ["n,,^auth=^^", ""],
    ["n,,^host=db.example.com^port=5432^auth=Bearer t^^", "Bearer t"],
    ["n,,^auth=Bearer t^user=^x==^^", "Bearer t"],
    ["n,,^AUTH=other^auth=one\ttwo\r\nthree^^", "one\ttwo\r\nthree"],
  ])("%j", ([message = "", auth]) => {
    expect(authOf(bytes(message))).toBe(auth);
  });
});

describe("is refused in PostgreSQL's words", () => {
  test.for([
    ["", "The message is empty."],
    ["n,,^auth=Bearer t^^0", "Message length does not match input length."],
    [
      "p=tls-server-end-point,,^auth=Bearer t^^",
      "The server does not support channel binding for OAuth, but the client message includes channel binding data.",
    ],
    ["x,,^auth=^^", `Unexpected channel-binding flag "'x'".`],
    ["^", 'Unexpected channel-binding flag "0x01".'],
    ["\xff", 'Unexpected channel-binding flag "0xff".'],
    ["n", 'Comma expected, but found character "0x00".'],
    ["n;,^auth=^^", `Comma expected, but found character "';'".`],
    ["n,", 'Unexpected attribute "0x00" in client-first-message.'],
    ["n,m=ext,^auth=^^", `Unexpected attribute "'m'" in client-first-message.`],
    ["n,,", 'Key-value separator expected, but found character "0x00".'],
    ["n,,auth=^^", `Key-value separator expected, but found character "'a'".`],
    ["n,,^", "Message did not contain a final terminator."],
    ["n,,^auth=Bearer t", "Message contains an unterminated key/value pair."],
    ["n,,^auth=Bearer t^", "Message did not contain a final terminator."],
    ["n,,^^", "Message does not contain an auth value."],
    ["n,,^host=a^^", "Message does not contain an auth value."],
    ["n,,^auth^^", "Message contains a key without a value."],
    ["n,,^=x^^", "Message contains an empty key name."],
    ["n,,^a2=x^^", "Message contains an invalid key name."],
    ["n,,^au th=x^^", "Message contains an invalid key name."],
    ["n,,^auth=\x7f^^", "Message contains an invalid value."],
    ["n,,^host=\xe4^auth=^^", "Message contains an invalid value."],
    ["n,,^auth=a^auth=b^^", "Message contains multiple auth values."],
    ["n,,^auth=a^^b", "Message contains additional data after the final terminator."],
    ["n,,^^b", "Message does not contain an auth value."],
  ])("%j", ([message = "", detail]) => {
    expect(() => authOf(bytes(message))).toThrow(
      expect.objectContaining({ code: "08P01", message: "malformed OAUTHBEARER message", detail }),
    );
  });

  test("an authorization identity", () => {
    expect(() => authOf(bytes("n,a=app,^auth=^^"))).toThrow(
      expect.objectContaining({
        code: "0A000",
        message: "client uses authorization identity, but it is not supported",
      }),
    );
  });
});

test("the answer to a refusal is one separator, and nothing else", () => {
  expect(checkFarewell("\x01")).toBeUndefined();
  for (const [answer, detail] of [
    ["", "The message is empty."],
    ["\0", "Message length does not match input length."],
    ["\x01\x01", "Client did not send a kvsep response."],
    ["n,,\x01auth=Bearer t\x01\x01", "Client did not send a kvsep response."],
  ] as const) {
    expect(() => checkFarewell(answer)).toThrow(expect.objectContaining({ code: "08P01", detail }));
  }
});

test("any bytes are a message or refused, and what is a message holds its auth value", () => {
  const words = ["n", "y", "p", ",", "\x01", "auth=", "Bearer ", "host=", "=", "\0", "a", "\xff"];
  const isRightAbout = (message: string): boolean => {
    try {
      const auth = authOf(message);
      // oxlint-disable-next-line no-control-regex -- it is the separator
      const ends = /^[ny],,\x01/.test(message) && message.endsWith("\x01\x01");
      return ends && message.includes(`\x01auth=${auth}\x01`);
    } catch (error) {
      return error instanceof FatalError && ["08P01", "0A000"].includes(error.code);
    }
  };
  const messages = array(constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join(""));
  assert(property(messages, isRightAbout), { numRuns: 5000 });
});

test("a message of the greatest length is read in time that is proportional to it", () => {
  const long = `n,,\x01${"a=b\x01".repeat(16_000)}auth=Bearer t\x01\x01`;
  expect(authOf(long)).toBe("Bearer t");
});
