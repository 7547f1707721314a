import { describe, expect, test } from "vitest";
import { encodeSaslInitialResponse } from "@sallyport/wire";
import type { HbaOptions } from "@sallyport/policy";
import type { ClientAnswer } from "./exchange.ts";
import type { MethodLogFields } from "./method-log.ts";
import { oauth } from "./oauth.ts";
import type { OauthLogin } from "./oauth.ts";
import type { TokenVerdict } from "./oauth/validator.ts";

const options: HbaOptions = { oauthIssuer: "https://i.example", oauthScope: "postgres" };
const json =
  '{ "status": "invalid_token", "openid-configuration": "https://i.example/.well-known/openid-configuration", "scope": "postgres" }';
const kvsep: ClientAnswer = { kind: "message", body: Buffer.from("\x01") };

function first(auth: string): ClientAnswer {
  const data = Buffer.from(`n,,\x01auth=${auth}\x01\x01`);
  return { kind: "message", body: encodeSaslInitialResponse("OAUTHBEARER", data).subarray(5) };
}

const withToken = first("Bearer token");
const authorized: TokenVerdict = { kind: "authorized", identity: "ann", expires: null };

type Logged = MethodLogFields & { readonly message: string };

/** A login to its end: what the client heard, what was logged, what came of it. */
async function logIn(
  answers: readonly ClientAnswer[],
  more: Partial<OauthLogin> & { readonly verdict?: TokenVerdict } = {},
): Promise<{
  readonly heard: readonly string[];
  readonly logged: readonly Logged[];
  readonly end: Record<string, unknown>;
}> {
  const heard: string[] = [];
  const logged: Logged[] = [];
  const left = [...answers];
  const outcome = await oauth({
    exchange: {
      request: (request) => {
        if (request.kind === "sasl") heard.push(`R 10 ${request.mechanisms.join(" ")}`);
        else if (request.kind === "sasl_continue") heard.push(`R 11 ${request.data.toString()}`);
      },
      answer: async (what, maxLength) => {
        expect([what, maxLength]).toEqual(["SASL", 65_535]);
        return await Promise.resolve(left.shift() ?? { kind: "gone" });
      },
    },
    role: "app",
    options,
    turns: { take: async (_, work) => await work() },
    log: (message, fields = {}) => void logged.push({ message, ...fields }),
    signal: new AbortController().signal,
    passOn: false,
    validator: { name: "jwt", validate: async () => await Promise.resolve(more.verdict ?? authorized) },
    validatorOptions: [],
    place: 'line 3 of configuration file "/hba"',
    reasonWithFailure: false,
    endWithToken: false,
    ...more,
  });
  if (outcome.kind === "gone") return { heard, logged, end: outcome };
  const { beforeRefusal, ...end } = outcome;
  const farewell = end.kind === "failed" ? { farewell: (await beforeRefusal?.()) ?? null } : {};
  return { heard, logged, end: { ...end, ...farewell } };
}

const nineteen = { reasonWithFailure: true };

test("a token that the validator authorizes", async () => {
  expect(await logIn([withToken])).toEqual({
    heard: ["R 10 OAUTHBEARER"],
    logged: [],
    end: { kind: "proved", identity: "ann", last: null },
  });
});

test("a client that names the mechanism alone is asked for the rest", async () => {
  const alone: ClientAnswer = {
    kind: "message",
    body: encodeSaslInitialResponse("OAUTHBEARER", null).subarray(5),
  };
  const rest: ClientAnswer = { kind: "message", body: Buffer.from("n,,\x01auth=Bearer token\x01\x01") };
  const { heard, end } = await logIn([alone, rest]);
  expect(heard).toEqual(["R 10 OAUTHBEARER", "R 11 "]);
  expect(end).toMatchObject({ kind: "proved", identity: "ann" });
});

test("another mechanism", async () => {
  const body = encodeSaslInitialResponse("SCRAM-SHA-256", Buffer.from("n,,n=,r=x")).subarray(5);
  await expect(logIn([{ kind: "message", body }])).rejects.toMatchObject({
    code: "08P01",
    message: "client selected an invalid SASL authentication mechanism",
  });
});

describe("a client that asks for the issuer", () => {
  test("up to 18 leaves its failure in the log", async () => {
    expect(await logIn([first(""), kvsep])).toEqual({
      heard: ["R 10 OAUTHBEARER", `R 11 ${json}`],
      logged: [],
      end: { kind: "failed", reason: null, farewell: "told" },
    });
  });

  test("from 19 on leaves nothing but a message of DEBUG1", async () => {
    const { logged, end } = await logIn([first(""), kvsep], nineteen);
    expect(logged).toEqual([{ message: "OAuth issuer discovery requested", severity: "DEBUG1" }]);
    expect(end).toEqual({ kind: "failed", reason: null, unlogged: true, farewell: "told" });
  });

  test("and goes away, or talks on", async () => {
    expect((await logIn([first("")])).end).toMatchObject({ farewell: "gone" });
    const rejection = { code: "08P01", detail: "Client did not send a kvsep response." };
    const more: ClientAnswer = { kind: "message", body: Buffer.from("n,,\x01auth=Bearer t\x01\x01") };
    await expect(logIn([first(""), more], nineteen)).rejects.toMatchObject(rejection);
  });
});

test.for([{}, nineteen])("a token that is none: %j", async (version) => {
  const { heard, logged, end } = await logIn([first("Basic x"), kvsep], version);
  expect(heard.at(-1)).toBe(`R 11 ${json}`);
  const detail = "Client response indicated a non-Bearer authentication scheme.";
  expect(logged).toEqual([{ message: "malformed OAuth bearer token", detail, sqlstate: "08P01" }]);
  expect(end).toEqual({ kind: "failed", reason: null, farewell: "told" });
});

describe("a token that the validator refuses", () => {
  const verdict: TokenVerdict = { kind: "refused", identity: "ann", reason: "The token has expired." };

  test("up to 18: a message of its own", async () => {
    const { logged, end } = await logIn([withToken, kvsep], { verdict });
    expect(logged).toEqual([
      {
        message: 'OAuth bearer authentication failed for user "app"',
        detail: "Validator failed to authorize the provided token.\nThe token has expired.",
      },
    ]);
    expect(end).toEqual({ kind: "failed", reason: null, identity: "ann", farewell: "told" });
  });

  test("from 19 on: the DETAIL of the failure", async () => {
    const { logged, end } = await logIn([withToken, kvsep], { verdict, ...nineteen });
    expect(logged).toEqual([]);
    expect(end).toEqual({
      kind: "failed",
      reason: "The token has expired.",
      identity: "ann",
      farewell: "told",
    });
  });
});

describe("a token that names nobody", () => {
  test.for(["", null])("%j", async (identity) => {
    const verdict: TokenVerdict = { kind: "authorized", identity, expires: null };
    const detail = "Validator provided no identity.";
    const eighteen = await logIn([withToken, kvsep], { verdict });
    expect(eighteen.logged).toMatchObject([{ detail }]);
    const { end } = await logIn([withToken, kvsep], { verdict, ...nineteen });
    const named = identity === null ? {} : { identity };
    expect(end).toEqual({ kind: "failed", reason: detail, farewell: "told", ...named });
    const delegated = { ...options, oauthDelegateIdentMapping: true };
    expect((await logIn([withToken], { verdict, options: delegated })).end).toMatchObject({
      kind: "proved",
      identity,
    });
  });
});

test("a token that names nobody to be believed, and why", async () => {
  const unnamed = "The address is not verified.";
  const verdict: TokenVerdict = { kind: "authorized", identity: null, unnamed, expires: null };
  const detail = `Validator provided no identity.\n${unnamed}`;
  expect((await logIn([withToken, kvsep], { verdict })).logged).toMatchObject([{ detail }]);
  const { end } = await logIn([withToken, kvsep], { verdict, ...nineteen });
  expect(end).toEqual({ kind: "failed", reason: detail, farewell: "told" });
});

test("a validator that cannot say", async () => {
  const detail = 'Could not ask "https://i.example/jwks": ECONNREFUSED.';
  const verdict: TokenVerdict = { kind: "fault", detail };
  const warning = {
    message: "internal error in OAuth validator module",
    severity: "WARNING",
    sqlstate: "XX000",
  };
  const eighteen = await logIn([withToken, kvsep], { verdict });
  expect(eighteen.logged).toEqual([{ ...warning, detail }]);
  expect(eighteen.end).toMatchObject({ kind: "failed", reason: null, farewell: "told" });
  expect((await logIn([withToken, kvsep], { verdict, ...nineteen })).end).toMatchObject({ reason: detail });
});

test("options of a validator that has none fail whatever the client brings, and at once", async () => {
  const message = 'unrecognized authentication option name: "validator.x"';
  for (const answer of [withToken, first("")]) {
    const { heard, logged, end } = await logIn([answer], { ...nineteen, validatorOptions: ["x", "y"] });
    expect(heard).toEqual(["R 10 OAUTHBEARER"]);
    expect(logged).toEqual([
      {
        message,
        severity: "WARNING",
        sqlstate: "F0000",
        detail: 'The installed validator module ("jwt") did not define an option named "x".',
        hint: "All OAuth connections matching this line will fail. Correct the option and reload the server configuration.",
        context: 'line 3 of configuration file "/hba"',
      },
    ]);
    expect(end).toEqual({ kind: "failed", reason: message, farewell: null });
  }
});

test("a session that is to end with its token needs one that says when", async () => {
  const endWithToken = true;
  const expires = new Date(0);
  const { end } = await logIn([withToken], { endWithToken, verdict: { ...authorized, expires } });
  expect(end).toMatchObject({ kind: "proved", expires });
  const without = await logIn([withToken, kvsep], { endWithToken, ...nineteen });
  expect(without.end).toMatchObject({ kind: "failed", reason: expect.stringContaining("when it expires") });
  const off = await logIn([withToken], { verdict: { ...authorized, expires } });
  expect(off.end).not.toHaveProperty("expires");
});

test("whoever is too long fails without a word, and whoever goes away leaves none", async () => {
  expect(await logIn([{ kind: "too_long" }])).toMatchObject({ end: { kind: "failed", farewell: null } });
  expect(await logIn([{ kind: "gone" }])).toMatchObject({ end: { kind: "gone" }, logged: [] });
});
