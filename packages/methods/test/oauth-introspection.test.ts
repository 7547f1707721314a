import { describe, expect, test } from "vitest";
import { oauthAudience, startOauthIssuer } from "@sallyport/testkit";
import { Secret, WireError } from "@sallyport/wire";
import { introspectionValidator, IssuerFault, Issuers } from "../src/index.ts";
import type { TokenSettings, TokenVerdict } from "../src/index.ts";
import { description, noNames, startFakeIssuer } from "./fake-issuer.ts";
import type { Answer, FakeIssuer } from "./fake-issuer.ts";

const now = (): Date => new Date();
const seconds = (): number => now().getTime() / 1000;

interface Asker extends Partial<TokenSettings> {
  readonly id?: string;
  readonly secret?: string | IssuerFault;
  readonly scope?: string;
}

type Judge = (issuer: string, token: string, asker?: Asker, signal?: AbortSignal) => Promise<TokenVerdict>;

/** A gate of its own: a clock that is set by hand, and no descriptions yet. */
function gate(): { readonly judge: Judge; readonly pass: (seconds: number) => void } {
  let late = 0;
  const issuers = new Issuers({
    now: () => new Date(Date.now() + late),
    authorities: async () => await Promise.resolve(null),
    addressesOf: noNames,
    patience: 20_000,
    signal: new AbortController().signal,
  });
  return {
    pass: (time) => void (late += time * 1000),
    judge: async (issuer, token, asker = {}, signal = new AbortController().signal) => {
      const { id = "gate", secret = "gate-secret", scope = "postgres", ...more } = asker;
      const settings: TokenSettings = {
        audience: null,
        identityClaim: "client_id",
        clockSkew: 30,
        tokenType: "at+jwt",
        now,
        ...more,
      };
      const client = {
        id,
        secret: async () => {
          if (secret instanceof IssuerFault) throw secret;
          return await Promise.resolve(new Secret(secret));
        },
      };
      return await introspectionValidator(settings, client, issuers).validate(token, {
        options: { oauthIssuer: issuer, oauthScope: scope },
        turns: { take: async (_, work) => await work() },
        signal,
      });
    },
  };
}

const judge: Judge = async (...args) => await gate().judge(...args);

const notActive = { kind: "refused", reason: "The issuer says that the token is not active." };

test("a real issuer is asked each time: what has been taken back opens nothing any more", async () => {
  await using issuer = await startOauthIssuer({ clients: ["ann", "gate"], tokens: "opaque" });
  const token = await issuer.token("ann");
  const verdict = await judge(issuer.issuer, token, { audience: oauthAudience });
  expect(verdict).toMatchObject({ kind: "authorized", identity: "ann" });
  expect(verdict.kind === "authorized" && verdict.expires && verdict.expires > now()).toBe(true);
  expect(await judge(issuer.issuer, token, { audience: "https://other" })).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("audience") as string,
  });
  expect(await judge(issuer.issuer, token, { scope: "postgres reports" })).toMatchObject({
    kind: "refused",
    identity: "ann",
  });
  await issuer.revoke("ann", token);
  expect(await judge(issuer.issuer, token)).toMatchObject(notActive);
  expect(await judge(issuer.issuer, "never-issued")).toMatchObject(notActive);
});

test("a real issuer that does not know the gateway says nothing about tokens", async () => {
  await using issuer = await startOauthIssuer({ clients: ["ann", "gate"], tokens: "opaque" });
  const token = await issuer.token("ann");
  const refused = {
    kind: "fault",
    detail: `Could not ask "${issuer.issuer}/token/introspection": it answered with status 401.`,
  };
  expect(await judge(issuer.issuer, token, { secret: "wrong" })).toEqual(refused);
  expect(await judge(issuer.issuer, token, { id: "nobody" })).toEqual(refused);
});

test("the secret cannot be read", async () => {
  const secret = new IssuerFault('Secret file "/s" has group or world access.');
  expect(await judge("https://i.example", "x", { secret })).toEqual({
    kind: "fault",
    detail: secret.message,
  });
});

test("the question: a form with the token, and who asks", async () => {
  await using issuer = await startFakeIssuer();
  let heard: unknown = null;
  issuer.answers.set("/introspect", (request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { authorization, "content-type": type } = request.headers;
      const form = Object.fromEntries(new URLSearchParams(body));
      heard = { method: request.method, form, authorization, type };
      response.writeHead(200, { "content-type": "application/json" }).end('{"active":false}');
    });
  });
  await judge(issuer.issuer, "t+/=", { id: "a:b", secret: "s p%\xc3\xa4" });
  const basic = Buffer.from("a%3Ab:s+p%25%C3%A4").toString("base64"); // RFC 6749, 2.3.1
  expect(heard).toEqual({
    method: "POST",
    form: { token: "t+/=", token_type_hint: "access_token" },
    authorization: `Basic ${basic}`,
    type: "application/x-www-form-urlencoded",
  });
});

describe("an answer", () => {
  const good = { active: true, client_id: "ann", scope: "postgres" };
  const authorized = { kind: "authorized" };
  const noAccess = { kind: "refused", reason: "The issuer says that the token is no access token." };
  const cases: readonly (readonly [what: string, answer: Answer, verdict: object])[] = [
    ["is enough that says no more than that it is active", good, { kind: "authorized", expires: null }],
    ["names a type of token in any letters", { ...good, token_type: "bearer" }, { kind: "authorized" }],
    ["is no", { ...good, active: false }, notActive],
    ["is no yes: a text", { ...good, active: "true" }, notActive],
    ["is no yes: a number", { ...good, active: 1 }, notActive],
    ["says nothing", {}, notActive],
    ["is of another issuer", { ...good, iss: "https://evil" }, { kind: "refused" }],
    ["is about what has expired", { ...good, exp: seconds() - 60 }, { kind: "refused" }],
    ["is about what is not valid yet", { ...good, nbf: seconds() + 600 }, { kind: "refused" }],
    ["has no scope", { ...good, scope: undefined }, { kind: "refused", identity: "ann" }],
    ["is about another type of token", { ...good, token_type: "DPoP" }, { kind: "refused" }],
    ["has a type that is none", { ...good, token_type: null }, { kind: "refused" }],
    ["is about an access token, as Hydra says it", { ...good, token_use: "access_token" }, authorized],
    ["is about an access token, as Cognito says it", { ...good, token_use: "access" }, authorized],
    ["is about an access token, as Keycloak says it", { ...good, typ: "Bearer" }, authorized],
    ["is about an access token, as RFC 9068 says it", { ...good, typ: "application/AT+JWT" }, authorized],
    ["is about a refresh token, as Hydra says it", { ...good, token_use: "refresh_token" }, noAccess],
    ["is about a refresh token, as Keycloak says it", { ...good, typ: "Refresh" }, noAccess],
    ["is about a token to be used offline", { ...good, typ: "Offline" }, noAccess],
    ["is about an ID token", { ...good, typ: "ID" }, noAccess],
    ["is about who knows what", { ...good, typ: "JWT" }, noAccess],
    ["says two things about the token", { ...good, typ: "Bearer", token_use: "refresh_token" }, noAccess],
    ["has a use that is none", { ...good, token_use: null }, noAccess],
    ["has several types", { ...good, typ: ["Bearer"] }, noAccess],
    ["is about a token that is bound to a key", { ...good, cnf: { jkt: "x" } }, { kind: "refused" }],
    ["names nobody", { ...good, client_id: undefined }, { kind: "authorized", identity: null }],
    ["is none", (_, response) => void response.writeHead(500).end(), { kind: "fault" }],
    [
      "sends elsewhere",
      (_, response) => void response.writeHead(307, { location: "/x" }).end(),
      { kind: "fault" },
    ],
    [
      "says two things",
      (_, response) =>
        void response
          .writeHead(200, { "content-type": "application/json" })
          .end('{"active":false,"active":true,"client_id":"ann","scope":"postgres"}'),
      { kind: "fault" },
    ],
  ];
  test.for(cases)("%s", async ([, answer, verdict]) => {
    await using issuer = await startFakeIssuer();
    issuer.answers.set("/introspect", answer);
    expect(await judge(issuer.issuer, "x")).toMatchObject(verdict);
    expect(issuer.asked.get("/x")).toBeUndefined();
  });

  test("that does not say for whom the token is does not do where it matters", async () => {
    await using issuer = await startFakeIssuer();
    issuer.answers.set("/introspect", good);
    expect(await judge(issuer.issuer, "x", { audience: "https://gate" })).toMatchObject({ kind: "refused" });
  });
});

describe("the description of an issuer", () => {
  const good = { active: true, client_id: "ann", scope: "postgres" };
  const asked = (issuer: FakeIssuer) =>
    [description, "/introspect"].map((path) => issuer.asked.get(path) ?? 0);

  test("is fetched once for many logins", async () => {
    await using issuer = await startFakeIssuer();
    issuer.answers.set("/introspect", good);
    const { judge: judgeHere } = gate();
    const logins = Array.from({ length: 20 }, async () => await judgeHere(issuer.issuer, "x"));
    for (const verdict of await Promise.all(logins)) expect(verdict).toMatchObject({ kind: "authorized" });
    expect(asked(issuer)).toEqual([1, 20]);
  });

  test("is fetched for the others, too, when the login that asked first gives up", async () => {
    await using issuer = await startFakeIssuer();
    const held = Promise.withResolvers<() => void>();
    const text = JSON.stringify(issuer.answers.get(description));
    issuer.answers.set("/introspect", good).set(description, (_, response) => {
      held.resolve(() => response.writeHead(200, { "content-type": "application/json" }).end(text));
    });
    const { judge: judgeHere } = gate();
    const impatient = new AbortController();
    const first = judgeHere(issuer.issuer, "x", {}, impatient.signal);
    const second = judgeHere(issuer.issuer, "x");
    const answer = await held.promise;
    impatient.abort(new WireError("timeout", "timeout expired: authentication"));
    await expect(first).rejects.toMatchObject({ code: "timeout" });
    answer();
    expect(await second).toMatchObject({ kind: "authorized" });
    expect(asked(issuer)).toEqual([1, 1]);
  });

  test("outlives a client that leaves while the issuer is asked about its token", async () => {
    await using issuer = await startFakeIssuer();
    const { judge: judgeHere, pass } = gate();
    issuer.answers.set("/introspect", good);
    expect(await judgeHere(issuer.issuer, "x")).toMatchObject({ kind: "authorized" });
    pass(60);
    const reached = Promise.withResolvers<void>();
    issuer.answers.set("/introspect", () => reached.resolve());
    const leaving = new AbortController();
    const left = judgeHere(issuer.issuer, "x", {}, leaving.signal);
    await reached.promise;
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "aborted" });
    issuer.answers.set("/introspect", good);
    // The first may be quicker than the end of the question that was left.
    for (let login = 0; login < 2; login += 1)
      expect(await judgeHere(issuer.issuer, "x")).toMatchObject({ kind: "authorized" });
    expect(asked(issuer)).toEqual([1, 4]);
  });

  test("is not asked for again at once after that failed, and then once more", async () => {
    await using issuer = await startFakeIssuer();
    const text = issuer.answers.get(description) ?? {};
    issuer.answers.set("/introspect", good).delete(description);
    const { judge: judgeHere, pass } = gate();
    for (let login = 0; login < 5; login += 1)
      expect(await judgeHere(issuer.issuer, "x")).toMatchObject({ kind: "fault" });
    expect(asked(issuer)).toEqual([1, 0]);
    issuer.answers.set(description, text);
    pass(2);
    expect(await judgeHere(issuer.issuer, "x")).toMatchObject({ kind: "authorized" });
    expect(asked(issuer)).toEqual([2, 1]);
  });

  test("is looked at again after a fault of the issuer, every two seconds at most", async () => {
    await using issuer = await startFakeIssuer();
    const { judge: judgeHere, pass } = gate();
    const fault = { kind: "fault" };
    for (let login = 0; login < 3; login += 1)
      // a token may provoke it
      expect(await judgeHere(issuer.issuer, "x")).toMatchObject(fault);
    expect(asked(issuer)).toEqual([1, 3]);
    issuer.answers.set("/elsewhere", good);
    const moved = { issuer: issuer.issuer, introspection_endpoint: `${issuer.issuer}/elsewhere` };
    issuer.answers.set(description, moved);
    pass(2);
    expect(await judgeHere(issuer.issuer, "x")).toMatchObject(fault);
    expect(await judgeHere(issuer.issuer, "x")).toMatchObject({ kind: "authorized" });
    expect(asked(issuer)).toEqual([2, 4]);
  });
});
