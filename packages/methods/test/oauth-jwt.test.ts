import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Issuers, jwtValidator } from "../src/index.ts";
import type { TokenSettings, TokenVerdict } from "../src/index.ts";
import { noNames, part, signingKey, startFakeIssuer } from "./fake-issuer.ts";
import type { FakeIssuer } from "./fake-issuer.ts";

const now = new Date("2026-11-29T12:00:00Z");
const seconds = now.getTime() / 1000;
const settings: TokenSettings = {
  audience: "https://gate",
  identityClaim: "sub",
  clockSkew: 30,
  tokenType: "at+jwt",
  now: () => now,
};

const keys = {
  RS256: signingKey("RS256"),
  PS256: signingKey("PS256"),
  ES256: signingKey("ES256"),
  EdDSA: signingKey("EdDSA"),
} as const;
const key = keys.ES256;
const stranger = signingKey("ES256", "stranger");
const twin = signingKey("ES256", "twin");

let issuer: FakeIssuer;
let issuers: Issuers;

beforeAll(async () => {
  const jwks = [...Object.values(keys), twin].map(({ jwk }) => jwk);
  issuer = await startFakeIssuer([...jwks, { kty: "oct", k: "c2VjcmV0", kid: "oct" }]);
  issuers = new Issuers({
    now: () => now,
    authorities: async () => await Promise.resolve(null),
    addressesOf: noNames,
    patience: 20_000,
    signal: new AbortController().signal,
  });
});

afterAll(async () => await issuer?.[Symbol.asyncDispose]());

async function judge(
  token: string,
  more: Partial<TokenSettings> = {},
  scope: string = "postgres",
): Promise<TokenVerdict> {
  return await jwtValidator({ ...settings, ...more }, issuers).validate(token, {
    options: { oauthIssuer: issuer.issuer, oauthScope: scope },
    turns: { take: async (_, work) => await work() },
    signal: new AbortController().signal,
  });
}

function claims(more: object = {}): object {
  const times = { iat: seconds - 60, exp: seconds + 600 };
  return { iss: issuer.issuer, aud: "https://gate", sub: "ann", scope: "openid postgres", ...times, ...more };
}

describe("authorizes", () => {
  test.for(Object.entries(keys))("a token that is signed by %s", async ([, { token }]) => {
    expect(await judge(token({}, claims()))).toEqual({
      kind: "authorized",
      identity: "ann",
      expires: new Date((seconds + 630) * 1000),
    });
  });

  const good: readonly (readonly [what: string, more: object])[] = [
    ["one audience of several", { aud: ["https://other", "https://gate"] }],
    ["scopes as a list", { scope: ["postgres", "x"] }],
    ["scopes in scp", { scope: undefined, scp: "postgres" }],
    ["scopes in scp, as a list", { scope: undefined, scp: ["x", "postgres"] }],
    ["what has expired within the skew", { exp: seconds - 29 }],
    ["what begins within the skew", { nbf: seconds + 29 }],
    ["an end that no clock will see", { exp: 1e300 }],
  ];
  test.for(good)("%s", async ([, more]) => {
    expect(await judge(key.token({}, claims(more)))).toMatchObject({ kind: "authorized", identity: "ann" });
  });

  test("an identity of another claim, in UTF-8", async () => {
    const token = key.token({}, claims({ email: "ännä@example.com", email_verified: true }));
    const identity = Buffer.from("ännä@example.com").toString("latin1");
    expect(await judge(token, { identityClaim: "email" })).toMatchObject({ kind: "authorized", identity });
  });

  test.for([undefined, false, null, "true", 1, [true]])(
    "and names nobody by an address that is not verified: %s",
    async (email_verified) => {
      const token = key.token({}, claims({ email: "ann@example.com", email_verified }));
      const unnamed = 'The token does not say that its "email" is verified (claim "email_verified").';
      const verdict = await judge(token, { identityClaim: "email" });
      expect(verdict).toMatchObject({ kind: "authorized", identity: null, unnamed });
      const refused = await judge(token, { identityClaim: "email" }, "root");
      expect(refused).toMatchObject({ kind: "refused", identity: null });
      expect(await judge(token)).toMatchObject({ kind: "authorized", identity: "ann" });
    },
  );

  test("and has no more to say of a token without an address", async () => {
    const verdict = await judge(key.token({}, claims()), { identityClaim: "email" });
    expect(verdict).toMatchObject({ kind: "authorized", identity: null });
    expect(verdict).not.toHaveProperty("unnamed");
  });

  const nobody: readonly unknown[] = [
    undefined,
    null,
    7,
    ["ann"],
    { name: "ann" },
    "an\0n",
    "ann\n",
    "\ud800",
  ];
  test.for(nobody)("and names nobody by a claim that is no name: %s", async (sub) => {
    expect(await judge(key.token({}, claims({ sub })))).toMatchObject({ kind: "authorized", identity: null });
  });

  test("without a scope, if the rule asks for none", async () => {
    const token = key.token({}, claims({ scope: undefined }));
    expect(await judge(token, {}, "")).toMatchObject({ kind: "authorized" });
  });

  test.for(["JWT", "jwt", undefined, "application/at+jwt", "AT+JWT"])(
    "the type %s, if it may call itself so",
    async (typ) => {
      const token = key.token({ typ }, claims());
      expect(await judge(token, { tokenType: "jwt" })).toMatchObject({ kind: "authorized" });
    },
  );
});

const noToken = "The token is no JSON Web Token with unique names.";
const wrongAlgorithm = "The token is not signed by an algorithm that is accepted.";
const wrongIssuer = "The token is not of the issuer of the rule.";
const wrongAudience = "The token is not for this gateway: its audience is not oauth_audience.";
const wrongType = "The token is of another type than oauth_token_type says.";
const wrongSignature = "The signature of the token is not right.";
const noKey = "The token is signed by no key of the issuer.";
const expired = "The token has expired.";
const early = "The token is not valid yet.";

describe("refuses", () => {
  const claimed: readonly (readonly [what: string, more: object, reason: string])[] = [
    ["another issuer", { iss: "https://evil" }, wrongIssuer],
    ["the beginning of the issuer", { iss: "http://127.0.0.1" }, wrongIssuer],
    ["no issuer", { iss: undefined }, wrongIssuer],
    ["another audience", { aud: "https://other" }, wrongAudience],
    ["an audience that begins like ours", { aud: "https://gate.evil" }, wrongAudience],
    ["no audience", { aud: undefined }, wrongAudience],
    ["an empty list of audiences", { aud: [] }, wrongAudience],
    ["an audience that is no text", { aud: { "https://gate": true } }, wrongAudience],
    ["no end", { exp: undefined }, "The token does not say when it expires."],
    ["an end that is a text", { exp: "9999999999" }, 'The claim "exp" of the token is no time.'],
    ["an end that is null", { exp: null }, 'The claim "exp" of the token is no time.'],
    ["what has expired", { exp: seconds - 30 }, expired],
    ["what expired long ago", { exp: 0 }, expired],
    ["what is not valid yet", { nbf: seconds + 31 }, early],
    ["what will be issued", { iat: seconds + 3600 }, early],
    ["a beginning that is a text", { nbf: "0" }, 'The claim "nbf" of the token is no time.'],
    ["another scope", { scope: "openid" }, 'The token lacks the scope "postgres".'],
    ["a scope that begins like ours", { scope: "postgresql" }, 'The token lacks the scope "postgres".'],
    ["no scope", { scope: undefined }, 'The token lacks the scope "postgres".'],
    [
      "a token of whoever holds a key",
      { cnf: { jkt: "x" } },
      "The token is bound to a key that its bearer would have to show.",
    ],
  ];
  test.for(claimed)("%s", async ([, more, reason]) => {
    expect(await judge(key.token({}, claims(more)))).toMatchObject({ kind: "refused", reason });
  });

  test("one scope of two, and says which and who it is", async () => {
    expect(await judge(key.token({}, claims()), {}, "postgres admin root")).toEqual({
      kind: "refused",
      identity: "ann",
      reason: 'The token lacks the scope "admin", "root".',
    });
  });

  const headers: readonly (readonly [what: string, header: object, reason: string])[] = [
    ["the algorithm none", { alg: "none" }, wrongAlgorithm],
    ["none in other letters", { alg: "nOnE" }, wrongAlgorithm],
    ["a shared secret", { alg: "HS256", kid: "oct" }, wrongAlgorithm],
    ["no algorithm", { alg: undefined }, wrongAlgorithm],
    ["several algorithms", { alg: ["ES256"] }, wrongAlgorithm],
    ["an ID token", { typ: "JWT" }, wrongType],
    ["no type", { typ: undefined }, wrongType],
    ["a type that is no text", { typ: ["at+jwt"] }, wrongType],
    ["an extension", { crit: ["b64"], b64: false }, "The token demands an extension."],
    ["an unknown key", { kid: "unknown" }, noKey],
    ["a name of a key of another kind", { kid: "RS256" }, noKey],
    ["another algorithm than its key's", { alg: "RS256" }, noKey],
    ["another key's name", { kid: "twin" }, wrongSignature],
    [
      "no name of a key among several",
      { kid: undefined },
      "Several keys of the issuer fit the token, which does not say which it is.",
    ],
  ];
  test.for(headers)("%s", async ([, header, reason]) => {
    expect(await judge(key.token(header, claims()))).toMatchObject({ kind: "refused", reason });
  });

  test("a stranger's key, wherever the token says that it is to be found", async () => {
    const { jwk } = stranger;
    const places = { jwk, jku: `${issuer.issuer}/evil`, x5u: `${issuer.issuer}/evil` };
    const named = stranger.token({ ...places }, claims());
    expect(await judge(named)).toMatchObject({ kind: "refused", reason: noKey });
    const disguised = stranger.token({ ...places, kid: key.jwk.kid }, claims());
    expect(await judge(disguised)).toMatchObject({ kind: "refused", reason: wrongSignature });
    expect(issuer.asked.get("/evil")).toBeUndefined();
  });

  test("a signature by the public key, taken for a shared secret", async () => {
    for (const format of ["pem", "der"] as const) {
      const secret = keys.RS256.publicKey.export({ type: "spki", format: format as "pem" });
      const signed = `${part({ alg: "HS256", typ: "at+jwt", kid: "RS256" })}.${part(claims())}`;
      const signature = createHmac("sha256", secret).update(signed).digest("base64url");
      expect(await judge(`${signed}.${signature}`)).toMatchObject({
        kind: "refused",
        reason: wrongAlgorithm,
      });
    }
  });

  test("claims that were changed, and a signature that was cut off", async () => {
    const [header, , signature] = key.token({}, claims()).split(".");
    const changed = part(claims({ sub: "root" }));
    expect(await judge(`${header}.${changed}.${signature}`)).toMatchObject({ reason: wrongSignature });
    expect(await judge(`${header}.${changed}.`)).toMatchObject({ reason: wrongSignature });
  });

  test("names that stand twice, in the header or among the claims, signed or not", async () => {
    const json = JSON.stringify(claims());
    const twice = [json.replace("{", '{"sub":"root",'), json.replace("{", String.raw`{"su\u0062":"root",`)];
    for (const text of twice) expect(await judge(key.token({}, text))).toMatchObject({ reason: noToken });
    const header = '{"alg":"ES256","kid":"twin","typ":"at+jwt","kid":"ES256"}';
    expect(await judge(key.token(header, claims()))).toMatchObject({ reason: noToken });
  });

  test.for([
    "",
    ".",
    "..",
    "a.b.c",
    "e30.e30.",
    "e30.e30",
    "e30.e30.e30.e30.e30",
    `${part('{"alg":"ES256"}')}.${part("[]")}.x`,
    "A".repeat(65_000),
    ".".repeat(65_000),
    `${part(`{"alg":${"[".repeat(20_000)}`)}.e30.x`,
  ])("what is no token", async (token) => {
    expect(await judge(token)).toMatchObject({ kind: "refused", identity: null });
  });

  test("a token of the greatest length", async () => {
    const padding = "x".repeat(45_000);
    expect(await judge(key.token({}, claims({ padding })))).toMatchObject({ kind: "authorized" });
    expect(await judge(key.token({}, claims({ padding, exp: 0 })))).toMatchObject({ reason: expired });
  });
});

test("without an audience nobody is let in", async () => {
  const verdict = await judge(key.token({}, claims()), { audience: null });
  expect(verdict).toEqual({ kind: "fault", detail: 'Parameter "oauth_audience" is not set.' });
});

test("nothing that a verdict says is of the token", async () => {
  const token = key.token(
    { crit: ["marker-1"], kid: "marker-2" },
    claims({ exp: "marker-3", sub: "marker-4" }),
  );
  expect(JSON.stringify(await judge(token))).not.toContain("marker");
});
