import { describe, expect, test } from "vitest";
import {
  buildScramSecret,
  encodePasswordMessage,
  FatalError,
  formatScramSecret,
  md5Digest,
  md5Response,
} from "@sallyport/wire";
import type { AuthenticationRequest } from "@sallyport/wire";
import type { ClientAnswer, Exchange } from "./exchange.ts";
import { md5 } from "./md5.ts";
import type { MethodOutcome } from "./outcome.ts";
import { password } from "./password.ts";
import type { StoredSecret } from "./stored-secret.ts";

const scramSecret = formatScramSecret(
  await buildScramSecret(Buffer.from("right"), Buffer.alloc(16, 7), 4096),
);
const md5Secret = `md5${md5Digest("right", "app")}`;
const signal = new AbortController().signal;

const scram: StoredSecret = { exists: true, secret: scramSecret, expired: false };
const md5Stored: StoredSecret = { exists: true, secret: md5Secret, expired: false };

const login = {
  role: "app",
  mockKey: Buffer.alloc(32, 1),
  iterations: 4096,
  random: (length: number) => Buffer.alloc(length, 9),
  channelBinding: null,
};

interface Conversation {
  readonly asked: readonly string[];
  readonly outcome: MethodOutcome;
}

type Answer = (request: AuthenticationRequest) => ClientAnswer;

/** A client that answers every request, and what it was asked for. */
async function converse(
  run: (exchange: Exchange) => Promise<MethodOutcome>,
  answer: Answer,
): Promise<Conversation> {
  const requests: AuthenticationRequest[] = [];
  const exchange: Exchange = {
    request: (request) => void requests.push(request),
    answer: async (what, maxLength) => {
      const last = requests.at(-1);
      if (!last) throw new Error("it waits for an answer before it asked");
      expect([what, maxLength]).toEqual(last.kind === "sasl" ? ["SASL", 1024] : ["password", 65_535]);
      return await Promise.resolve(answer(last));
    },
  };
  const outcome = await run(exchange);
  return { asked: requests.map(({ kind }) => kind), outcome };
}

async function byPassword(stored: StoredSecret, answer: Answer): Promise<Conversation> {
  return await converse(async (exchange) => await password(exchange, { ...login, stored }, signal), answer);
}

async function byMd5(
  stored: StoredSecret,
  answer: Answer,
  passwordEncryption: "md5" | "scram-sha-256" = "scram-sha-256",
): Promise<Conversation> {
  return await converse(
    async (exchange) => await md5(exchange, { ...login, stored, passwordEncryption }),
    answer,
  );
}

function message(bytes: Buffer): ClientAnswer {
  return { kind: "message", body: bytes.subarray(5) };
}

function says(text: string): Answer {
  return () => message(encodePasswordMessage(text));
}

/** What a client answers to an MD5 challenge that knows this password for this role. */
function knows(text: string, role = "app"): Answer {
  return (request) => {
    if (request.kind !== "md5_password") throw new Error(`asked for ${request.kind}`);
    return message(encodePasswordMessage(md5Response(md5Digest(text, role), request.salt)));
  };
}

const leaves: Answer = () => ({ kind: "gone" });
const talks: Answer = () => ({ kind: "too_long" });

const proved: MethodOutcome = { kind: "proved", identity: "app", last: null };
const wrong: MethodOutcome = { kind: "failed", reason: 'Password does not match for user "app".' };

const doomed: readonly (readonly [string, StoredSecret, string])[] = [
  ["no such role", { exists: false, secret: null, expired: false }, 'Role "app" does not exist.'],
  ["no password", { ...scram, secret: null }, 'User "app" has no password assigned.'],
  ["an expired password", { ...scram, expired: true }, 'User "app" has an expired password.'],
  ["an expired MD5 password", { ...md5Stored, expired: true }, 'User "app" has an expired password.'],
];

describe("password", () => {
  test.each([
    ["SCRAM", scram],
    ["MD5", md5Stored],
  ])("is held against a %s secret", async (_, stored) => {
    expect(await byPassword(stored, says("right"))).toEqual({
      asked: ["cleartext_password"],
      outcome: proved,
    });
    expect((await byPassword(stored, says("wrong"))).outcome).toEqual(wrong);
    expect((await byPassword(stored, says(stored.secret ?? ""))).outcome).toEqual(wrong);
  });

  test.each(doomed)("with %s asks and fails, and only the log hears why", async (_, stored, reason) => {
    const { asked, outcome } = await byPassword(stored, says("right"));
    expect(asked).toEqual(["cleartext_password"]);
    expect(outcome).toEqual({ kind: "failed", reason });
  });

  test("against a secret of no known kind fails", async () => {
    const { outcome } = await byPassword({ ...scram, secret: "right" }, says("right"));
    const reason = 'Password of user "app" is in unrecognized format.';
    expect(outcome).toEqual({ kind: "failed", reason });
  });

  test("against a secret that would take minutes fails at once", async () => {
    const slow = scramSecret.replace("$4096:", "$2000000000:");
    const { outcome } = await byPassword({ ...scram, secret: slow }, says("right"));
    expect(outcome).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("2000000000 iterations"),
    });
  });

  test("is given up when the time is over", async () => {
    const late = AbortSignal.abort(new Error("too late"));
    const attempt = converse(
      async (exchange) => await password(exchange, { ...login, stored: scram }, late),
      says("right"),
    );
    await expect(attempt).rejects.toThrow("the operation was aborted");
  });

  test.each([
    ["leaves", leaves],
    ["sends more than a password", talks],
  ])("takes a client that %s for gone", async (_, answer) => {
    expect((await byPassword(scram, answer)).outcome).toEqual({ kind: "gone" });
  });
});

describe("md5", () => {
  test("challenges whoever has an MD5 secret", async () => {
    expect(await byMd5(md5Stored, knows("right"))).toEqual({ asked: ["md5_password"], outcome: proved });
    expect((await byMd5(md5Stored, knows("wrong"))).outcome).toEqual(wrong);
    expect((await byMd5(md5Stored, knows("right", "other"))).outcome).toEqual(wrong);
    expect((await byMd5(md5Stored, says("right"))).outcome).toEqual(wrong);
    expect((await byMd5(md5Stored, says(md5Secret))).outcome).toEqual(wrong);
  });

  test("takes a response in lower case only, as PostgreSQL compares texts", async () => {
    const shouts: Answer = (request) => {
      const answer = knows("right")(request);
      if (answer.kind !== "message") return answer;
      return { kind: "message", body: Buffer.from(answer.body.toString().toUpperCase()) };
    };
    expect((await byMd5(md5Stored, shouts)).outcome).toEqual(wrong);
  });

  test("runs SCRAM-SHA-256 for whoever has a SCRAM secret", async () => {
    expect((await byMd5(scram, leaves)).asked).toEqual(["sasl"]);
  });

  test.each(doomed)("with %s asks by password_encryption, and fails", async (_, stored, reason) => {
    expect((await byMd5(stored, leaves)).asked).toEqual(["sasl"]);
    const { asked, outcome } = await byMd5(stored, knows("right"), "md5");
    expect(asked).toEqual(["md5_password"]);
    expect(outcome).toEqual({ kind: "failed", reason });
  });

  test("for a role that does not exist fails even by the digest that stands in for it", async () => {
    const ghost = { exists: false, secret: null, expired: false };
    const guesses: Answer = (request) =>
      request.kind === "md5_password"
        ? message(encodePasswordMessage(md5Response("0".repeat(32), request.salt)))
        : { kind: "gone" };
    expect((await byMd5(ghost, guesses, "md5")).outcome.kind).toBe("failed");
  });

  test.each([
    ["leaves", leaves],
    ["sends more than a password", talks],
  ])("takes a client that %s for gone", async (_, answer) => {
    expect((await byMd5(md5Stored, answer)).outcome).toEqual({ kind: "gone" });
  });
});

describe.each([
  ["password", byPassword, scram],
  ["md5", byMd5, md5Stored],
] as const)("what is no password, to %s", (_, run, stored) => {
  test.each([
    ["an empty one", "\0", "28P01", "empty password returned by client"],
    ["one with a NUL in it", "a\0b\0", "08P01", "invalid password packet size"],
    ["one without an end", "right", "08P01", "invalid password packet size"],
    ["nothing", "", "08P01", "invalid password packet size"],
  ])("%s", async (_what, body, code, words) => {
    const answer: Answer = () => ({ kind: "message", body: Buffer.from(body) });
    const error: unknown = await run(stored, answer).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code, message: words });
  });
});
