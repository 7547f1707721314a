import { describe, expect, test } from "vitest";
import {
  buildScramSecret,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  FatalError,
  formatScramSecret,
  startScramClient,
} from "@sallyport/wire";
import type { AuthenticationRequest, ScramClientFinal } from "@sallyport/wire";
import type { ClientAnswer, Exchange } from "./exchange.ts";
import type { MethodOutcome } from "./outcome.ts";
import { scramSha256 } from "./scram-sha-256.ts";
import type { StoredSecret } from "./stored-secret.ts";

const salt = Buffer.alloc(16, 7);
const secret = formatScramSecret(await buildScramSecret(Buffer.from("right"), salt, 4096));
const good: StoredSecret = { exists: true, secret, expired: false };
const mockKey = Buffer.alloc(32, 1);

type Answer = (request: AuthenticationRequest) => ClientAnswer | Promise<ClientAnswer>;

interface Run {
  readonly outcome: MethodOutcome;
  readonly requests: readonly AuthenticationRequest[];
}

/** Runs the method with a client that answers each request. */
async function run(stored: StoredSecret, answer: Answer, key = mockKey): Promise<Run> {
  const requests: AuthenticationRequest[] = [];
  const exchange: Exchange = {
    request: (request) => void requests.push(request),
    answer: async (what, maxLength) => {
      expect([what, maxLength]).toEqual(["SASL", 1024]);
      const last = requests.at(-1);
      if (!last) throw new Error("it waits for an answer before it asked");
      return await answer(last);
    },
  };
  const input = {
    role: "app",
    stored,
    mockKey: key,
    iterations: 4096,
    random: () => Buffer.alloc(18, 9),
    channelBinding: null,
  };
  return { outcome: await scramSha256(exchange, input), requests };
}

/** A client with a password, and what it makes of the server's last word. */
function client(password: string): {
  readonly answer: Answer;
  readonly final: () => ScramClientFinal | null;
} {
  const scram = startScramClient({ password: Buffer.from(password), nonce: Buffer.alloc(18, 5) });
  let final: ScramClientFinal | null = null;
  return {
    answer: async (request) => {
      if (request.kind !== "sasl_continue") return initial(scram.first);
      final = await scram.final(request.data.toString());
      return message(encodeSaslResponse(Buffer.from(final.message)));
    },
    final: () => final,
  };
}

function initial(first: string | null, mechanism = "SCRAM-SHA-256"): ClientAnswer {
  return message(encodeSaslInitialResponse(mechanism, first === null ? null : Buffer.from(first)));
}

/** The body of an encoded message. */
function message(bytes: Buffer): ClientAnswer {
  return { kind: "message", body: bytes.subarray(5) };
}

function challenge({ requests }: Run): string {
  const request = requests.find(({ kind }) => kind === "sasl_continue");
  return request?.kind === "sasl_continue" ? request.data.toString() : "";
}

describe("whoever knows the password", () => {
  test("has proved the role, and is proved to in the last message, which is not sent yet", async () => {
    const { answer, final } = client("right");
    const { outcome, requests } = await run(good, answer);
    expect(requests.map(({ kind }) => kind)).toEqual(["sasl", "sasl_continue"]);
    expect(requests[0]).toEqual({ kind: "sasl", mechanisms: ["SCRAM-SHA-256"] });
    expect(outcome).toMatchObject({ kind: "proved", identity: "app", last: { kind: "sasl_final" } });
    const last = outcome.kind === "proved" && outcome.last?.kind === "sasl_final" ? outcome.last.data : null;
    expect(() => final()?.verify(String(last))).not.toThrow();
  });

  test("may begin without initial data", async () => {
    const { answer } = client("right");
    const scram = startScramClient({ password: Buffer.from("right"), nonce: Buffer.alloc(18, 5) });
    let asked = 0;
    const { outcome, requests } = await run(good, async (request) => {
      asked += 1;
      if (asked === 1) return initial(null);
      if (asked === 2) return message(encodeSaslResponse(Buffer.from(scram.first)));
      return await answer(request);
    });
    expect(requests.map(({ kind }) => kind)).toEqual(["sasl", "sasl_continue", "sasl_continue"]);
    expect(outcome.kind).toBe("proved");
  });
});

describe("whoever does not fails, and only the log hears why", () => {
  const doomed: readonly (readonly [string, StoredSecret, reason: string | null])[] = [
    ["a wrong password", good, null],
    ["no such role", { exists: false, secret: null, expired: false }, 'Role "app" does not exist.'],
    ["no password", { ...good, secret: null }, 'User "app" has no password assigned.'],
    ["an empty one", { ...good, secret: "" }, 'User "app" does not have a valid SCRAM secret.'],
    ["an expired one", { ...good, expired: true }, 'User "app" has an expired password.'],
    [
      "an MD5 secret",
      { ...good, secret: `md5${"0".repeat(32)}` },
      'User "app" does not have a valid SCRAM secret.',
    ],
    [
      "a secret that is none",
      { ...good, secret: "SCRAM-SHA-256$x" },
      'User "app" does not have a valid SCRAM secret.',
    ],
  ];
  test.each(doomed)("%s", async (_, stored, reason) => {
    const { outcome, requests } = await run(stored, client(stored === good ? "wrong" : "right").answer);
    expect(outcome).toEqual({ kind: "failed", reason });
    expect(requests.map(({ kind }) => kind)).toEqual(["sasl", "sasl_continue"]);
  });

  test("not even with the keys of the mock secret, which are all zero, for who is doomed stays so", async () => {
    const expired = { ...good, expired: true };
    expect((await run(expired, client("").answer)).outcome.kind).toBe("failed");
  });

  test("the mock challenge looks like a real one: its salt is that of the role and of the key", async () => {
    const ghost = { exists: false, secret: null, expired: false };
    const [one, two] = [await run(ghost, client("x").answer), await run(ghost, client("y").answer)];
    expect(challenge(one)).toBe(challenge(two));
    expect(challenge(one)).toHaveLength(challenge(await run(good, client("x").answer)).length);
    expect(challenge(await run(ghost, client("x").answer, Buffer.alloc(32, 2)))).not.toBe(challenge(one));
  });
});

describe("a conversation that goes wrong", () => {
  test.each(["first", "second"] as const)(
    "the client leaves at the %s answer: nobody takes note",
    async (when) => {
      const { answer } = client("right");
      const leaving: Answer = async (request) =>
        when === "first" || request.kind === "sasl_continue" ? { kind: "gone" } : await answer(request);
      expect((await run(good, leaving)).outcome).toEqual({ kind: "gone" });
    },
  );

  test.each<readonly [string, StoredSecret, reason: string | null]>([
    ["a good secret", good, null],
    ["no such role", { exists: false, secret: null, expired: false }, 'Role "app" does not exist.'],
    ["an expired one", { ...good, expired: true }, 'User "app" has an expired password.'],
    // PostgreSQL looks at the kind of the secret, but tells of it only at the end of the exchange.
    ["an MD5 secret", { ...good, secret: `md5${"0".repeat(32)}` }, null],
  ])("a message that is too long is a failed login: %s", async (_, stored, reason) => {
    const { outcome } = await run(stored, () => ({ kind: "too_long" }));
    expect(outcome).toEqual({ kind: "failed", reason });
  });

  test.each([
    [
      "another mechanism",
      initial("n,,n=,r=x", "SCRAM-SHA-256-PLUS"),
      "client selected an invalid SASL authentication mechanism",
    ],
    ["an empty message", initial(""), "malformed SCRAM message"],
    ["channel binding", initial("p=tls-server-end-point,,n=,r=x"), "malformed SCRAM message"],
    [
      "an authorization identity",
      initial("n,a=postgres,n=,r=x"),
      "client uses authorization identity, but it is not supported",
    ],
  ])("%s is refused in PostgreSQL's words", async (_, answer, words) => {
    const error: unknown = await run(good, () => answer).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toHaveProperty("message", words);
  });
});
