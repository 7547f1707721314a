import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FatalError } from "../errors.ts";
import { startScramClient } from "./client.ts";
import { hmac, scramKeys, xor } from "./keys.ts";
import { saltedPassword } from "./salted-password.ts";
import { buildScramSecret } from "./derive-secret.ts";
import { mockScramSecret } from "./secret.ts";
import { Turnstile } from "../frame/turnstile.ts";
import { ScramServer, scramMechanisms } from "./server.ts";
import type { ChannelBinding, ScramServerOptions } from "./server.ts";

const nonce = Buffer.from("server nonce 18 b.");
const secret = await buildScramSecret(Buffer.from("pencil"), Buffer.from("salt"), 2);
const proof = Buffer.alloc(32, "x").toString("base64");
const binding: ChannelBinding = { type: "tls-server-end-point", data: Buffer.from("hash") };

function server(options: Partial<ScramServerOptions> = {}): ScramServer {
  return new ScramServer({
    mechanism: "SCRAM-SHA-256",
    secret,
    doomed: false,
    channelBinding: null,
    nonce,
    ...options,
  });
}

/** Code, message and DETAIL of the error that these client messages end in. */
function failure(messages: readonly string[], options: Partial<ScramServerOptions> = {}): string | null {
  const exchange = server(options);
  try {
    for (const message of messages) {
      exchange.step(message.replace("NONCE", `abc${nonce.toString("base64")}`));
    }
    return null;
  } catch (error) {
    if (!(error instanceof FatalError)) {
      throw error;
    }
    return [error.code, error.message, error.detail].filter((part) => part !== undefined).join(" | ");
  }
}

test("the exchange of RFC 7677 section 3", async () => {
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  const keys = scramKeys(await saltedPassword(Buffer.from("pencil"), salt, 4096, new Turnstile(1)));
  const authMessage = [
    "n=user,r=rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  ].join(",");
  expect(xor(keys.clientKey, hmac(keys.storedKey, authMessage)).toString("base64")).toBe(
    "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  );
  expect(hmac(keys.serverKey, authMessage).toString("base64")).toBe(
    "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  );
});

/** The whole conversation; true if both sides are content. */
async function converse(password: Buffer, options: Partial<ScramServerOptions>, clientNonce: Buffer) {
  const exchange = server(options);
  const client = startScramClient({ password, nonce: clientNonce });
  const challenge = exchange.step(client.first);
  expect(challenge.kind).toBe("continue");
  const final = await client.final(challenge.kind === "continue" ? challenge.data : "");
  const step = exchange.step(final.message);
  if (step.kind === "success") {
    final.verify(step.data);
  }
  return step.kind;
}

const bytes = (minLength: number) =>
  fc.uint8Array({ minLength, maxLength: 40 }).map((value) => Buffer.from(value));

describe("our client against our server", () => {
  test("succeeds with the password, and with no other", async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes(1),
        bytes(1),
        bytes(1),
        bytes(18),
        fc.integer({ min: 1, max: 50 }),
        async (password, other, salt, clientNonce, iterations) => {
          const own = await buildScramSecret(password, salt, iterations);
          expect(await converse(password, { secret: own }, clientNonce)).toBe("success");
          const expected = other.equals(password) ? "success" : "failure";
          expect(await converse(other, { secret: own }, clientNonce)).toBe(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  test("fails when doomed, even with the right password", async () => {
    expect(await converse(Buffer.from("pencil"), { doomed: true }, nonce)).toBe("failure");
    const mock = mockScramSecret("nobody", Buffer.alloc(32), 2);
    expect(await converse(Buffer.from("pencil"), { secret: mock, doomed: true }, nonce)).toBe("failure");
  });
});

describe("the server", () => {
  test("answers a missing initial response with an empty challenge", () => {
    const exchange = server();
    expect(exchange.step(null)).toEqual({ kind: "continue", data: "" });
    expect(exchange.step("n,,n=,r=abc")).toEqual({
      kind: "continue",
      data: `r=abc${nonce.toString("base64")},s=c2FsdA==,i=2`,
    });
  });

  test("offers channel binding with TLS only", () => {
    expect(scramMechanisms(null)).toEqual(["SCRAM-SHA-256"]);
    expect(scramMechanisms(binding)).toEqual(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]);
  });

  // Asked of PostgreSQL 18, message by message.
  const malformed = "08P01 | malformed SCRAM message";
  test.each([
    ["", `${malformed} | The message is empty.`],
    ["n", `${malformed} | Comma expected, but found character "0x00".`],
    ["nx", `${malformed} | Comma expected, but found character "'x'".`],
    ["n,", `${malformed} | Unexpected attribute "0x00" in client-first-message.`],
    ["n,x", `${malformed} | Unexpected attribute "'x'" in client-first-message.`],
    ["n,,", `${malformed} | Expected attribute "n" but found "0x00".`],
    ["n,,m=1", "0A000 | client requires an unsupported SCRAM extension"],
    ["n,,x=1", `${malformed} | Expected attribute "n" but found "'x'".`],
    ["n,,n", `${malformed} | Expected character "=" for attribute "n".`],
    ["n,,n=", `${malformed} | Expected attribute "r" but found "0x00".`],
    ["n,,n=,", `${malformed} | Expected attribute "r" but found "0x00".`],
    ["n,,n=,r", `${malformed} | Expected character "=" for attribute "r".`],
    ["n,,n=,r=\u0007", "08P01 | non-printable characters in SCRAM nonce"],
    ["n,,n=,r=a\u0080", "08P01 | non-printable characters in SCRAM nonce"],
    ["n,,n=,r=abc,x", `${malformed} | Expected character "=" for attribute "x".`],
    ["n,,n=,r=abc,=x", `${malformed} | Attribute expected, but found invalid character "'='".`],
    ["n,,n=,r=a,9=1", `${malformed} | Attribute expected, but found invalid character "'9'".`],
    ["n,a=foo,", "0A000 | client uses authorization identity, but it is not supported"],
    [
      "p=tls-unique,,n=,r=a",
      `${malformed} | The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.`,
    ],
    ["q", `${malformed} | Unexpected channel-binding flag "'q'".`],
    ["\u00FF", `${malformed} | Unexpected channel-binding flag "0xff".`],
    ["n,,n=,r=a\0b", `${malformed} | Message length does not match input length.`],
    ["n,,n=,r=a\0", `${malformed} | Message length does not match input length.`],
    ["n,,n=,r=abc,", null],
    ["n,,n=,r=abc,x=1,y=2", null],
    ["n,,n=\u00FF,r=", null],
    ["y,,n=,r=a", null],
  ])("client-first-message %j: %s", (message, expected) => {
    expect(failure([message])).toBe(expected);
  });

  test.each([
    ["", `${malformed} | The message is empty.`],
    ["x", `${malformed} | Expected attribute "c" but found "'x'".`],
    ["c", `${malformed} | Expected character "=" for attribute "c".`],
    ["c=", "08P01 | unexpected SCRAM channel-binding attribute in client-final-message"],
    ["c=xxxx", "08P01 | unexpected SCRAM channel-binding attribute in client-final-message"],
    ["c=eSws,r=NONCE,p=", "08P01 | unexpected SCRAM channel-binding attribute in client-final-message"],
    ["c=biws", `${malformed} | Expected attribute "r" but found "0x00".`],
    ["c=biws,x=1", `${malformed} | Expected attribute "r" but found "'x'".`],
    ["c=biws,r=x,", `${malformed} | Attribute expected, but found end of string.`],
    ["c=biws,r=x,p=x", `${malformed} | Malformed proof in client-final-message.`],
    [`c=biws,r=x,p=${proof}`, "08P01 | invalid SCRAM response | Nonce does not match."],
    [`c=biws,r=abc,p=${proof}`, "08P01 | invalid SCRAM response | Nonce does not match."],
    [`c=biws,r=NONCEx,p=${proof}`, "08P01 | invalid SCRAM response | Nonce does not match."],
    ["c=biws,r=NONCE", `${malformed} | Attribute expected, but found end of string.`],
    ["c=biws,r=NONCE,x", `${malformed} | Expected character "=" for attribute "x".`],
    ["c=biws,r=NONCE,1=x", `${malformed} | Attribute expected, but found invalid character "'1'".`],
    ["c=biws,r=NONCE,p", `${malformed} | Expected character "=" for attribute "p".`],
    ["c=biws,r=NONCE,p=", `${malformed} | Malformed proof in client-final-message.`],
    ["c=biws,r=NONCE,p=bad,x=1", `${malformed} | Malformed proof in client-final-message.`],
    [`c=biws,r=NONCE,p=${proof},x=1`, `${malformed} | Garbage found at the end of client-final-message.`],
    [`c=biws,r=NONCE,p=${proof}`, null],
    [`c=biws,r=NONCE,p=${proof},`, null],
    [`c=biws,r=NONCE,x=1,p=${proof}`, null],
  ])("client-final-message %j: %s", (message, expected) => {
    expect(failure(["n,,n=,r=abc", message])).toBe(expected);
  });

  test("holds a client to the channel-binding flag that it began with", () => {
    expect(failure(["y,,n=,r=abc", `c=eSws,r=NONCE,p=${proof}`])).toBeNull();
    expect(failure(["y,,n=,r=abc", `c=biws,r=NONCE,p=${proof}`])).toContain(
      "unexpected SCRAM channel-binding",
    );
  });

  test("a wrong proof is an answer, not an error", () => {
    const exchange = server();
    exchange.step("n,,n=,r=abc");
    const final = `c=biws,r=abc${nonce.toString("base64")},p=${proof}`;
    expect(exchange.step(final)).toEqual({ kind: "failure" });
    expect(() => exchange.step(final)).toThrow(TypeError);
  });

  describe("with TLS", () => {
    const plus = { mechanism: "SCRAM-SHA-256-PLUS", channelBinding: binding } as const;
    const first = "p=tls-server-end-point,,n=,r=abc";

    test("finds out that somebody took SCRAM-SHA-256-PLUS out of the list", () => {
      expect(failure(["y,,n=,r=a"], { channelBinding: binding })).toBe(
        "28000 | SCRAM channel binding negotiation error | The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.",
      );
      expect(failure(["n,,n=,r=a"], { channelBinding: binding })).toBeNull();
    });

    test("checks the certificate's hash", () => {
      const c = Buffer.from("p=tls-server-end-point,,hash").toString("base64");
      expect(failure([first, `c=${c},r=NONCE,p=${proof}`], plus)).toBeNull();
      expect(failure([first, `c=biws,r=NONCE,p=${proof}`], plus)).toBe(
        "28000 | SCRAM channel binding check failed",
      );
      const other = { ...binding, data: Buffer.from("other") };
      expect(failure([first, `c=${c},r=NONCE,p=${proof}`], { ...plus, channelBinding: other })).toBe(
        "28000 | SCRAM channel binding check failed",
      );
    });

    test("wants channel binding with SCRAM-SHA-256-PLUS, of the one type there is", () => {
      expect(failure(["n,,n=,r=a"], plus)).toContain("does not include channel binding data.");
      expect(failure([`p=tls-unique\u0001${"x".repeat(40)},,n=,r=a`], plus)).toBe(
        `08P01 | unsupported SCRAM channel-binding type "tls-unique?${"x".repeat(19)}"`,
      );
    });
  });

  test("any bytes are answered or refused with a FATAL", () => {
    const text = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
    const nearly = fc
      .array(fc.constantFrom("n", "y", "p", ",", "=", "r", "c", "a", "biws", "NONCE", "\0", "é"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(text, nearly), fc.oneof(text, nearly), (first, final) => {
        expect(failure([first])).not.toBe("");
        expect(failure(["n,,n=,r=abc", final])).not.toBe("");
      }),
      { numRuns: 500 },
    );
  });
});

describe("the client", () => {
  const client = startScramClient({ password: Buffer.from("pencil"), nonce });
  const own = nonce.toString("base64");

  test.each([
    ["", "malformed SCRAM message"],
    ["r=other,s=c2FsdA==,i=4096", "nonce mismatch"],
    [`r=${own},s=c2FsdA==,i=4096`, "nonce mismatch"],
    [`r=${own}x,s=c2Fs,dA==,i=4096`, "malformed SCRAM message"],
    [`r=${own}x,s=c2FsdA,i=4096`, "invalid salt"],
    [`r=${own}x,s=,i=4096`, "invalid salt"],
    [`r=${own}x,s=c2FsdA==,i=0`, "invalid iteration count"],
    [`r=${own}x,s=c2FsdA==,i=-1`, "malformed SCRAM message"],
    [`r=${own}x,s=c2FsdA==,i=2147483648`, "at most 1000000 are acceptable"],
    [`r=${own}x,s=c2FsdA==,i=99999999999`, "malformed SCRAM message"],
    [`r=${own}${"x".repeat(60_000)}\u0001,s=c2FsdA==,i=1`, "malformed SCRAM message"],
  ])("refuses the server-first-message %.50j", async (message, expected) => {
    await expect(client.final(message)).rejects.toMatchObject({
      code: "authentication_failed",
      message: expect.stringContaining(expected),
    });
  });

  test.each([
    ["", "malformed SCRAM message"],
    ["v=", "malformed SCRAM message"],
    ["v=!!!!", "malformed SCRAM message"],
    [`v=${proof}`, "incorrect server signature"],
    ["e=other-error", "error received from server in SCRAM exchange: other-error"],
  ])("refuses the server-final-message %j", async (message, expected) => {
    const final = await client.final(`r=${own}x,s=c2FsdA==,i=1`);
    expect(() => final.verify(message)).toThrow(expected);
  });
});
