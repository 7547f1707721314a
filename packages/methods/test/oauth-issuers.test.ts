import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { certificateAuthority, oauthAudience, startOauthIssuer } from "@sallyport/testkit";
import { WireError } from "@sallyport/wire";
import { Issuers, jwtValidator } from "../src/index.ts";
import type { IssuerSurroundings, TokenValidator, TokenVerdict } from "../src/index.ts";
import { description, noNames, signingKey, startFakeIssuer } from "./fake-issuer.ts";
import type { Answer, FakeIssuer } from "./fake-issuer.ts";

const key = signingKey("ES256");

/** A gate of its own: a clock that is set by hand, and no keys yet. */
interface Gate {
  readonly judge: (issuer: string, token: string, signal?: AbortSignal) => Promise<TokenVerdict>;
  /** Seconds. */
  readonly pass: (seconds: number) => void;
  readonly token: (issuer: string) => string;
  /** Those that have been taken. */
  readonly turns: string[];
}

function gateWith(
  more: {
    readonly patience?: number;
    readonly authorities?: string;
    readonly end?: AbortController;
    readonly addressesOf?: IssuerSurroundings["addressesOf"];
  } = {},
): Gate {
  let time = Date.now();
  const now = (): Date => new Date(time);
  const { patience = 20_000, authorities = null } = more;
  const { end = new AbortController(), addressesOf = noNames } = more;
  const readAuthorities = async (): Promise<string | null> => await Promise.resolve(authorities);
  const issuers = new Issuers({
    now,
    authorities: readAuthorities,
    addressesOf,
    patience,
    signal: end.signal,
  });
  const wanted = {
    audience: oauthAudience,
    identityClaim: "sub",
    clockSkew: 3600,
    tokenType: "at+jwt",
  } as const;
  const validator: TokenValidator = jwtValidator({ ...wanted, now }, issuers);
  const turns: string[] = [];
  return {
    turns,
    pass: (seconds) => void (time += seconds * 1000),
    judge: async (issuer, token, signal = new AbortController().signal) =>
      await validator.validate(token, {
        options: { oauthIssuer: issuer, oauthScope: "postgres" },
        turns: { take: async (service, work) => (turns.push(service), await work()) },
        signal,
      }),
    token: (iss) => {
      const exp = time / 1000 + 600;
      return key.token({}, { iss, aud: oauthAudience, sub: "ann", scope: "postgres", exp });
    },
  };
}

const authorized = expect.objectContaining({ kind: "authorized", identity: "ann" });

describe("a real issuer", () => {
  test("rotates its key: the new one is looked for when it is time to look", async () => {
    await using issuer = await startOauthIssuer({ clients: ["ann"] });
    const gate = gateWith();
    const before = await issuer.token("ann");
    expect(await gate.judge(issuer.issuer, before)).toEqual(authorized);
    issuer.rotate();
    const after = await issuer.token("ann");
    const unknown = { kind: "refused", reason: "The token is signed by no key of the issuer." };
    expect(await gate.judge(issuer.issuer, after)).toMatchObject(unknown);
    gate.pass(31);
    expect(await gate.judge(issuer.issuer, after)).toEqual(authorized);
    expect(await gate.judge(issuer.issuer, before)).toMatchObject(unknown);
    expect(issuer.asked.get("/jwks")).toBe(2);
  });

  test("by TLS is believed by a certificate that an authority of oauth_ca_file has signed, and by no other", async () => {
    await using authority = await certificateAuthority({ subject: "/CN=issuers" });
    await using stranger = await certificateAuthority({ subject: "/CN=strangers" });
    const names = "IP:127.0.0.1";
    const good = await authority.issue({ subject: "/CN=issuer", names });
    const elsewhere = await authority.issue({ subject: "/CN=issuer", names: "DNS:i.example" });
    const judge = async (tls: typeof good, authorities?: Buffer): Promise<TokenVerdict> => {
      await using issuer = await startOauthIssuer({ clients: ["ann"], tls });
      const gate = gateWith(authorities && { authorities: authorities.toString() });
      return await gate.judge(issuer.issuer, gate.token(issuer.issuer));
    };
    // Its keys have been fetched: that the token is by none of them can be said.
    expect(await judge(good, authority.cert)).toMatchObject({ kind: "refused" });
    const fault = (code: string) => ({ kind: "fault", detail: expect.stringContaining(code) as string });
    expect(await judge(good, stranger.cert)).toMatchObject(fault("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
    expect(await judge(good)).toMatchObject(fault("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
    expect(await judge(elsewhere, authority.cert)).toMatchObject(fault("ERR_TLS_CERT_ALTNAME_INVALID"));
  });
});

describe("an issuer with a name", () => {
  test("is found by the resolver that is given, and keeps its name for Host, SNI and its certificate", async () => {
    await using authority = await certificateAuthority({ subject: "/CN=issuers" });
    const { cert, key: secret } = await authority.issue({ subject: "/CN=i", names: "DNS:issuer.example" });
    const heard: unknown[] = [];
    let issuer = "";
    const server = createTlsServer({ cert, key: secret }, (request, response) => {
      heard.push([request.headers.host, (request.socket as TLSSocket).servername, request.url]);
      const answer = request.url === "/jwks" ? { keys: [key.jwk] } : { issuer, jwks_uri: `${issuer}/jwks` };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    issuer = `https://issuer.example:${port}`;
    const authorities = authority.cert.toString();
    const found = { addresses: ["127.0.0.1"] };
    const asked: string[] = [];
    const addressesOf: IssuerSurroundings["addressesOf"] = async (host) => {
      asked.push(host);
      return await Promise.resolve(found);
    };
    const gate = gateWith({ authorities, addressesOf });
    expect(await gate.judge(issuer, gate.token(issuer))).toEqual(authorized);
    const host = `issuer.example:${port}`;
    expect(heard).toEqual([
      [host, "issuer.example", description],
      [host, "issuer.example", "/jwks"],
    ]);
    expect(asked).toEqual(["issuer.example", "issuer.example"]);
    const other = gateWith({ authorities, addressesOf });
    const imposter = `https://other.example:${port}`;
    expect(await other.judge(imposter, other.token(imposter))).toMatchObject({
      kind: "fault",
      detail: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID") as string,
    });
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const noAddresses: readonly (readonly [
    answer: { addresses: string[] } | { failure: string },
    words: string,
  ])[] = [
    [{ failure: "Name or service not known" }, "Name or service not known"],
    [{ addresses: [] }, "No address associated with hostname"],
  ];
  test.for(noAddresses)("that has no address: %j", async ([answer, words]) => {
    const gate = gateWith({ addressesOf: async () => await Promise.resolve(answer) });
    expect(await gate.judge("https://i.example", gate.token("https://i.example"))).toEqual({
      kind: "fault",
      detail: `Could not ask "https://i.example${description}": could not translate its host name to address: ${words}.`,
    });
  });

  test("and a silent name server is done with in time", async () => {
    const ended = Promise.withResolvers<void>();
    const addressesOf: IssuerSurroundings["addressesOf"] = async (_, signal) => {
      await once(signal, "abort");
      ended.resolve();
      throw signal.reason;
    };
    const gate = gateWith({ patience: 500, addressesOf });
    expect(await gate.judge("https://i.example", gate.token("https://i.example"))).toEqual({
      kind: "fault",
      detail: `Could not ask "https://i.example${description}": it did not answer within 500 ms.`,
    });
    await ended.promise;
  });
});

describe("an issuer is asked", () => {
  let issuer: FakeIssuer;
  beforeEach(async () => {
    issuer = await startFakeIssuer([key.jwk]);
    return async () => await issuer[Symbol.asyncDispose]();
  });
  const asked = () => [issuer.asked.get(description) ?? 0, issuer.asked.get("/jwks") ?? 0];

  test("once for many logins, and in its turn", async () => {
    const gate = gateWith();
    const token = gate.token(issuer.issuer);
    const logins = Array.from({ length: 50 }, async () => await gate.judge(issuer.issuer, token));
    for (const verdict of await Promise.all(logins)) expect(verdict).toEqual(authorized);
    expect(await gate.judge(issuer.issuer, token)).toEqual(authorized);
    expect(asked()).toEqual([1, 1]);
    expect(new Set(gate.turns)).toEqual(new Set([`OAuth issuer "${issuer.issuer}"`]));
  });

  test("again when its keys are ten minutes old", async () => {
    const gate = gateWith();
    const token = gate.token(issuer.issuer);
    expect(await gate.judge(issuer.issuer, token)).toEqual(authorized);
    gate.pass(599);
    expect(await gate.judge(issuer.issuer, token)).toEqual(authorized);
    expect(asked()).toEqual([1, 1]);
    gate.pass(1);
    issuer.answers.set("/jwks", { keys: [] });
    expect(await gate.judge(issuer.issuer, token)).toMatchObject({ kind: "refused" });
    expect(asked()).toEqual([2, 2]);
  });

  test("again if the clock was set back", async () => {
    const gate = gateWith();
    const token = gate.token(issuer.issuer);
    expect(await gate.judge(issuer.issuer, token)).toEqual(authorized);
    gate.pass(-3000);
    expect(await gate.judge(issuer.issuer, token)).toEqual(authorized);
    expect(asked()).toEqual([2, 2]);
  });

  test("for no text that is no token of its own", async () => {
    const gate = gateWith();
    const other = gate.token("https://other");
    for (const token of ["x", "a.b.c", other, key.token({ alg: "none" }, {})])
      expect(await gate.judge(issuer.issuer, token)).toMatchObject({ kind: "refused" });
    expect(asked()).toEqual([0, 0]);
    expect(gate.turns).toEqual([]);
  });

  test("at most every half minute for keys that it has not", async () => {
    const gate = gateWith();
    const strange = signingKey("ES256", "strange");
    const token = strange.token({}, { iss: issuer.issuer });
    for (let login = 0; login < 5; login += 1) await gate.judge(issuer.issuer, token);
    expect(asked()).toEqual([1, 1]);
    gate.pass(30);
    for (let login = 0; login < 5; login += 1) await gate.judge(issuer.issuer, token);
    expect(asked()).toEqual([1, 2]);
  });

  test("not again at once after it failed, and then once more", async () => {
    const gate = gateWith();
    const token = gate.token(issuer.issuer);
    issuer.answers.delete("/jwks");
    const fault = {
      kind: "fault",
      detail: `Could not ask "${issuer.issuer}/jwks": it answered with status 404.`,
    };
    for (let login = 0; login < 5; login += 1) {
      expect(await gate.judge(issuer.issuer, token)).toEqual(fault);
    }
    expect(asked()).toEqual([1, 1]);
    issuer.answers.set("/jwks", { keys: [key.jwk] });
    gate.pass(2);
    expect(await gate.judge(issuer.issuer, token)).toEqual(authorized);
  });

  test("for others, too, when the login that asked first gives up", async () => {
    const gate = gateWith();
    const token = gate.token(issuer.issuer);
    const held = Promise.withResolvers<() => void>();
    issuer.answers.set("/jwks", (_, response) => {
      const keys = JSON.stringify({ keys: [key.jwk] });
      held.resolve(() => response.writeHead(200, { "content-type": "application/json" }).end(keys));
    });
    const impatient = new AbortController();
    const first = gate.judge(issuer.issuer, token, impatient.signal);
    const second = gate.judge(issuer.issuer, token);
    const answer = await held.promise;
    impatient.abort(new WireError("timeout", "timeout expired: authentication"));
    await expect(first).rejects.toMatchObject({ code: "timeout" });
    answer();
    expect(await second).toEqual(authorized);
    expect(asked()).toEqual([1, 1]);
  });

  test("no longer than the gateway runs", async () => {
    const end = new AbortController();
    const gate = gateWith({ end });
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    issuer.answers.set("/jwks", (request) => {
      asked.resolve();
      request.socket.on("close", () => left.resolve());
    });
    const login = gate.judge(issuer.issuer, gate.token(issuer.issuer));
    await asked.promise;
    end.abort();
    await expect(login).rejects.toMatchObject({ code: "aborted" });
    await left.promise;
  });
});

describe("an issuer that misbehaves lets nobody in, and is done with in time", () => {
  const json = { "content-type": "application/json" };
  const endless: Answer = (_, response) => {
    response.writeHead(200, json);
    const more = (): void => {
      while (!response.destroyed && response.write("[".repeat(16_384))) continue;
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  };
  const silent: Answer = () => undefined;
  const dripping: Answer = (_, response) => {
    response.writeHead(200, json);
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  };
  const manyKeys = (count: number) => ({ keys: Array.from({ length: count }, () => ({ kty: "RSA" })) });
  const cases: readonly (readonly [what: string, answer: Answer, reason: string])[] = [
    ["silence", silent, "it did not answer within 1000 ms"],
    ["a drip", dripping, "it did not answer within 1000 ms"],
    ["no end", endless, "its answer is longer than"],
    [
      "a length that is too great",
      (_, response) => void response.writeHead(200, { ...json, "content-length": 1e12 }).write("{"),
      "its answer is longer than",
    ],
    [
      "a redirection",
      (_, response) => void response.writeHead(302, { location: "/elsewhere" }).end(),
      "it answered with a redirection, status 302",
    ],
    [
      "an error",
      (_, response) => void response.writeHead(500, json).end("{}"),
      "it answered with status 500",
    ],
    ["no content", (_, response) => void response.writeHead(204).end(), "it answered with status 204"],
    [
      "a page",
      (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("{}"),
      "it did not answer with JSON",
    ],
    [
      "what is compressed",
      (_, response) => void response.writeHead(200, { ...json, "content-encoding": "gzip" }).end("{}"),
      "it answered with compressed content",
    ],
    [
      "nonsense",
      (_, response) => void response.writeHead(200, json).end("{nonsense"),
      "it did not answer with a JSON object",
    ],
    [
      "a name that stands twice",
      (_, response) => void response.writeHead(200, json).end('{"keys":[],"keys":[]}'),
      "it did not answer with a JSON object",
    ],
    [
      "depth",
      (_, response) => void response.writeHead(200, json).end(`{"keys":${"[".repeat(30_000)}`),
      "it did not answer with a JSON object",
    ],
    [
      "an end in the middle",
      (request, response) => {
        response
          .writeHead(200, { ...json, "content-length": 100 })
          .write("{", () => request.socket.destroy());
      },
      "", // which of two events comes first is chance
    ],
    ["an end before it began", (request) => void request.socket.destroy(), "ECONNRESET"],
    [
      "what is no HTTP",
      (request) => void request.socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
      "HPE_INVALID_CONSTANT",
    ],
    [
      "headers without end",
      (request) => void request.socket.end(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(100_000)}\r\n`),
      "HPE_HEADER_OVERFLOW",
    ],
  ];
  let issuer: FakeIssuer;
  beforeAll(async () => {
    issuer = await startFakeIssuer([key.jwk]);
  });
  afterAll(async () => await issuer?.[Symbol.asyncDispose]());
  beforeEach(() => {
    const { issuer: name } = issuer;
    issuer.answers.set(description, { issuer: name, jwks_uri: `${name}/jwks` });
    issuer.answers.set("/jwks", { keys: [key.jwk] });
  });

  test.for(cases)("%s in place of its description, or of its keys", async ([, answer, reason]) => {
    for (const path of [description, "/jwks"]) {
      const before = issuer.answers.get(path);
      issuer.answers.set(path, answer);
      const gate = gateWith({ patience: reason.includes("within") ? 1000 : 20_000 });
      const verdict = await gate.judge(issuer.issuer, gate.token(issuer.issuer));
      expect(verdict).toMatchObject({
        kind: "fault",
        detail: expect.stringContaining(`Could not ask "${issuer.issuer}${path}": ${reason}`) as string,
      });
      if (before) issuer.answers.set(path, before);
    }
    expect(issuer.asked.get("/elsewhere")).toBeUndefined();
  });

  const described: readonly (readonly [what: string, more: object, detail: string])[] = [
    ["of another issuer", { issuer: "https://evil" }, "is another issuer's."],
    ["of no issuer", { issuer: undefined }, "is another issuer's."],
    ["no keys", { jwks_uri: undefined }, "names no jwks_uri."],
    ["keys in another network without TLS", { jwks_uri: "http://192.0.2.1/jwks" }, "by https only."],
    ["keys in a file", { jwks_uri: "file:///etc/passwd" }, "by https only."],
    ["keys at no URL", { jwks_uri: "nonsense" }, "is no URL."],
    ["keys of somebody", { jwks_uri: "https://a:b@127.0.0.1/" }, "a user name or a password."],
  ];
  test.for(described)("a description: %s", async ([, more, detail]) => {
    issuer.answers.set(description, { issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/jwks`, ...more });
    const gate = gateWith();
    expect(await gate.judge(issuer.issuer, gate.token(issuer.issuer))).toMatchObject({
      kind: "fault",
      detail: expect.stringContaining(detail) as string,
    });
  });

  const sets: readonly (readonly [what: string, set: object, detail: string])[] = [
    ["no set", {}, "answered with no set of keys."],
    ["a set that is none", { keys: { ES256: key.jwk } }, "answered with no set of keys."],
    ["101 keys", manyKeys(101), "has more than 100 keys."],
    ["a hundred thousand keys", manyKeys(100_000), "its answer is longer than 262144 bytes."],
  ];
  test.for(sets)("%s", async ([, set, detail]) => {
    issuer.answers.set("/jwks", set);
    const gate = gateWith();
    expect(await gate.judge(issuer.issuer, gate.token(issuer.issuer))).toMatchObject({
      kind: "fault",
      detail: expect.stringContaining(detail) as string,
    });
  });

  const useless: readonly (readonly [what: string, jwk: unknown])[] = [
    ["one that has been given away", { ...key.jwk, d: "AAAA" }],
    ["one for something else", { ...key.jwk, use: "enc" }],
    ["one that is too large to be held against", { ...key.jwk, n: "A".repeat(2000) }],
    ["one that is null", null],
    ["one that is no point of the curve", { ...key.jwk, x: "AAAA" }],
  ];
  test.for(useless)("a key that is no key: %s", async ([, jwk]) => {
    issuer.answers.set("/jwks", { keys: [jwk] });
    const gate = gateWith();
    expect(await gate.judge(issuer.issuer, gate.token(issuer.issuer))).toMatchObject({ kind: "refused" });
  });

  test("nobody at home", async () => {
    const gone = createServer();
    gone.listen(0, "127.0.0.1");
    await once(gone, "listening");
    const address = gone.address();
    gone.close();
    await once(gone, "close");
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const gate = gateWith();
    expect(await gate.judge(url, gate.token(url))).toEqual({
      kind: "fault",
      detail: `Could not ask "${url}${description}": ECONNREFUSED.`,
    });
  });

  test("one that may not be asked", async () => {
    const gate = gateWith();
    expect(await gate.judge("http://i.example", "x")).toMatchObject({ kind: "fault" });
  });
});
