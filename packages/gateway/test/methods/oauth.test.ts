import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oauthAudience, startOauthIssuer, startPostgres } from "@sallyport/testkit";
import type { OauthIssuer, TestPostgres } from "@sallyport/testkit";
import { encodeTerminate } from "@sallyport/wire";
import { clientFirst, farewell, hear, hearAndLeave } from "../clients/oauth-raw.ts";
import { logInByLibpq } from "../clients/oauth-libpq.ts";
import { systemNames } from "../../src/resolver/index.ts";
import type { AddressesAnswer } from "../../src/resolver/index.ts";
import { run, setUp, startGate } from "../gate.ts";
import type { GateOptions, TestGate } from "../gate.ts";

let server: TestPostgres;
let issuer: OauthIssuer;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, [...setUp, "create role ann login", "create role shared login"]);
  issuer = await startOauthIssuer({ clients: ["app", "ann", "eve"] });
});

afterAll(async () => {
  await issuer?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const jwt = `oauth_validator_libraries = 'jwt'\noauth_audience = '${oauthAudience}'\n`;
const eighteen = jwt;
const nineteen = `${jwt}server_version = 19\n`;

async function gateWith(options: string, more: Partial<GateOptions> = {}): Promise<TestGate> {
  const hba = `host all all 127.0.0.1/32 oauth issuer=${issuer.issuer} scope=postgres ${options}\n`;
  return await startGate(server, { conf: jwt, hba, ...more });
}

/** The text with the issuer's address and the gate's directory by names. */
function general(text: string, gate: TestGate): string {
  return text.replaceAll(issuer.issuer, "ISSUER").replaceAll(gate.hbaFile, "HBA");
}

const json =
  '{ "status": "invalid_token", "openid-configuration": "ISSUER/.well-known/openid-configuration", "scope": "postgres" }';
const failed = (user: string) => `OAuth bearer authentication failed for user "${user}"`;

/** What a refused client hears. */
async function refusal(gate: TestGate, user: string, token: string): Promise<readonly string[]> {
  const heard = await hear(gate.tcp, user, clientFirst(token), farewell);
  return heard.map((reply) => general(reply.join(" "), gate));
}

const linesOf = (text: string): string[] => text.split(/\n(?!\t)/).filter((line) => line !== "");

/** What the log says of logins, between receipt and the end. */
function logged(gate: TestGate): string[] {
  const others = /LOG: {2}(?:listening|gateway is|connection received|disconnection)/;
  return linesOf(general(gate.log(), gate)).filter((line) => !others.test(line));
}

const refused = ["R 10 OAUTHBEARER\0\0", `R 11 ${json}`, `E 28000 ${failed("app")}`];

describe("libpq 18 asks for the issuer, and comes back with a token", () => {
  test("that is good", async () => {
    await using gate = await gateWith("");
    const token = await issuer.token("app");
    expect(await logInByLibpq(gate.port, "app", token, issuer)).toEqual({
      asked: { configuration: `${issuer.issuer}/.well-known/openid-configuration`, scope: "postgres" },
      error: "",
      answer: "app",
    });
    expect(logged(gate).slice(2, 4)).toEqual([
      '00000 LOG:  connection authenticated: identity="app" method=oauth (HBA:1)',
      expect.stringContaining("connection authorized: user=app database=shop"),
    ]);
    expect(gate.log()).not.toContain(token.slice(-40));
  });

  test("that is not", async () => {
    await using gate = await gateWith("");
    const token = await issuer.token("app", "postgres", "https://other");
    const { error, answer } = await logInByLibpq(gate.port, "app", token, issuer);
    expect(answer).toBeNull();
    expect(error).toContain(failed("app"));
    expect(gate.log()).not.toContain(token.slice(-40));
  });

  test("of somebody else", async () => {
    await using gate = await gateWith("");
    const { error } = await logInByLibpq(gate.port, "app", await issuer.token("eve"), issuer);
    expect(error).toContain(failed("app"));
  });
});

test("a client that knows no OAUTHBEARER says so itself", async () => {
  await using gate = await gateWith("");
  const { status, stderr } = await gate.psql("app", ["-c", "select 1"]);
  expect(status).toBe(2);
  expect(stderr).toContain("none of the server's SASL authentication mechanisms are supported");
  expect(logged(gate)).toEqual([]);
});

describe("what is said, and what is logged", () => {
  const matched = (line: string) => `Connection matched file "HBA" line 1: "${line}"`;
  const line = (options: string) => `host all all 127.0.0.1/32 oauth issuer=ISSUER scope=postgres ${options}`;
  const fatal = (detail: string) => [`28000 FATAL:  ${failed("app")}`, `28000 DETAIL:  ${detail}`];
  const identity = (name: string) =>
    `00000 LOG:  connection authenticated: identity="${name}" method=oauth (HBA:1)`;

  test("a question for the issuer, as PostgreSQL 18 has it", async () => {
    await using gate = await gateWith("map=m", { conf: eighteen });
    expect(await refusal(gate, "app", "")).toEqual(refused);
    expect(logged(gate)).toEqual(fatal(matched(line("map=m"))));
  });

  test("a question for the issuer, as PostgreSQL 19 has it: nothing is logged", async () => {
    await using gate = await gateWith("map=m", { conf: nineteen });
    expect(await refusal(gate, "app", "")).toEqual(refused);
    expect(logged(gate)).toEqual([]);
  });

  test("a token that does not do, as 18 has it", async () => {
    await using gate = await gateWith("map=m", { conf: eighteen });
    expect(await refusal(gate, "app", await issuer.token("ann", "reports"))).toEqual(refused);
    expect(logged(gate)).toEqual([
      identity("ann"),
      `00000 LOG:  ${failed("app")}`,
      `00000 DETAIL:  Validator failed to authorize the provided token.\n\tThe token lacks the scope "postgres".`,
      ...fatal(matched(line("map=m"))),
    ]);
  });

  test("a token that does not do, as 19 has it", async () => {
    await using gate = await gateWith("map=m", { conf: nineteen });
    expect(await refusal(gate, "app", await issuer.token("ann", "reports"))).toEqual(refused);
    expect(logged(gate)).toEqual([
      identity("ann"),
      ...fatal(`The token lacks the scope "postgres".\n\t${matched(line("map=m"))}`),
    ]);
  });

  test("no map lets the identity be the role", async () => {
    await using gate = await gateWith("map=m", { ident: "m ann shared\n" });
    const token = await issuer.token("ann");
    expect(await refusal(gate, "app", token)).toEqual(refused);
    expect(logged(gate)).toEqual([
      identity("ann"),
      '00000 LOG:  no match in usermap "m" for user "app" authenticated as "ann"',
      ...fatal(matched(line("map=m"))),
    ]);
    expect((await logInByLibpq(gate.port, "shared", token, issuer)).answer).toBe("shared");
  });

  test("text that is no token", async () => {
    await using gate = await gateWith("map=m");
    expect(await refusal(gate, "app", "not a token")).toEqual(refused);
    expect(logged(gate)).toEqual([
      "08P01 LOG:  malformed OAuth bearer token",
      "08P01 DETAIL:  Bearer token is not in the correct format.",
      ...fatal(matched(line("map=m"))),
    ]);
  });

  test("a validator that may judge the role needs no map", async () => {
    await using gate = await gateWith("delegate_ident_mapping=1");
    const token = await issuer.token("eve");
    const { answer } = await logInByLibpq(gate.port, "shared", token, issuer);
    expect(answer).toBe("shared");
    expect(logged(gate)).toContain(identity("eve"));
  });

  test("nor need it say who it is", async () => {
    const conf = `${jwt}oauth_identity_claim = 'email'\n`;
    await using gate = await gateWith("delegate_ident_mapping=1", { conf });
    const { answer } = await logInByLibpq(gate.port, "app", await issuer.token("eve"), issuer);
    expect(answer).toBe("app");
    expect(logged(gate)).toContain('00000 LOG:  connection authenticated: user="app" method=oauth (HBA:1)');
    await using strict = await gateWith("", { conf });
    expect(await refusal(strict, "app", await issuer.token("app"))).toEqual(refused);
    expect(strict.log()).toContain("DETAIL:  Validator provided no identity.");
  });

  test("an option for the validator, which has none, fails whoever comes", async () => {
    await using gate = await gateWith("validator.x=1", { conf: nineteen });
    for (const token of ["", await issuer.token("app")]) {
      expect(await refusal(gate, "app", token)).toEqual([refused[0], refused[2]]);
    }
    const message = 'unrecognized authentication option name: "validator.x"';
    expect(logged(gate).slice(0, 6)).toEqual([
      `F0000 WARNING:  ${message}`,
      'F0000 DETAIL:  The installed validator module ("jwt") did not define an option named "x".',
      "F0000 HINT:  All OAuth connections matching this line will fail. Correct the option and reload the server configuration.",
      'F0000 CONTEXT:  line 1 of configuration file "HBA"',
      ...fatal(`${message}\n\t${matched(line("validator.x=1"))}`),
    ]);
  });

  test("a client that answers a refusal with more than it should", async () => {
    await using gate = await gateWith("");
    const heard = await hear(gate.tcp, "app", clientFirst(""), clientFirst("x"));
    expect(heard.at(-1)).toEqual([
      "E",
      "08P01",
      "malformed OAUTHBEARER message",
      "Message length does not match input length.",
    ]);
  });

  test("a client that goes away instead of answering is forgotten without a FATAL", async () => {
    await using gate = await gateWith("");
    await hearAndLeave(gate.tcp, "app", clientFirst(""));
    await gate.gateway.guestBook.whenNone(() => true);
    expect(logged(gate)).toEqual([]);
  });
});

describe("the issuer is away", () => {
  test("then nobody comes in, and the log says why", async () => {
    const gone = await startOauthIssuer({ clients: ["app"] });
    const token = await gone.token("app");
    await gone[Symbol.asyncDispose]();
    const hba = `host all all 127.0.0.1/32 oauth issuer=${gone.issuer} scope=postgres\n`;
    await using gate = await startGate(server, { hba, conf: jwt });
    const heard = await hear(gate.tcp, "app", clientFirst(token), farewell);
    expect(heard.at(-1)).toEqual(["E", "28000", failed("app")]);
    expect(gate.log()).toContain(
      `WARNING:  internal error in OAuth validator module\nXX000 DETAIL:  Could not ask "${gone.issuer}/.well-known/openid-configuration": ECONNREFUSED.`,
    );
    expect(gate.log()).not.toContain(token.slice(-40));
  });

  test("or without an address: its name is looked up by the gateway's resolver, one question at a time", async () => {
    const token = await issuer.token("app");
    const [header = "", , signature = ""] = token.split(".");
    const asked: string[] = [];
    let [asking, most] = [0, 0];
    const silent = Promise.withResolvers<AddressesAnswer>();
    const addressesOf = async (name: string): Promise<AddressesAnswer> => {
      asked.push(name);
      asking += 1;
      most = Math.max(most, asking);
      return await silent.promise.finally(() => (asking -= 1));
    };
    const users = ["app", "ann", "shared"];
    const lines = users.map(
      (user) => `host all ${user} 127.0.0.1/32 oauth issuer=https://${user}.example scope=postgres\n`,
    );
    const hba = `${lines.join("")}host all all all trust\n`;
    await using gate = await startGate(server, { hba, conf: jwt, names: { ...systemNames, addressesOf } });
    const logins = users.map(async (user) => {
      const claims = { iss: `https://${user}.example`, aud: oauthAudience, sub: user };
      const middle = Buffer.from(JSON.stringify(claims)).toString("base64url");
      return await hear(gate.tcp, user, clientFirst(`${header}.${middle}.${signature}`), farewell);
    });
    for (const heard of await Promise.all(logins)) expect(heard.at(-1)?.slice(0, 2)).toEqual(["E", "28000"]);
    expect(asked).toEqual([expect.stringMatching(/^(?:app|ann|shared)\.example$/)]);
    expect(most).toBe(1);
    silent.resolve({ addresses: [] });
    expect(gate.log()).toContain(
      `DETAIL:  Could not ask "https://${asked[0]}/.well-known/openid-configuration": it did not answer within 5000 ms.`,
    );
  });

  test("or silent: then authentication_timeout ends it, and whoever does not need it comes in", async () => {
    const token = await issuer.token("app");
    const silent = createServer(() => undefined);
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const hba = `host all app 127.0.0.1/32 oauth issuer=${url} scope=postgres\nhost all all all trust\n`;
    const conf = `${jwt}authentication_timeout = 2s\nauth_service_limit = 1\n`;
    await using gate = await startGate(server, { hba, conf });
    const claims = { iss: url, aud: oauthAudience, sub: "app" };
    const [header = "", , signature = ""] = token.split(".");
    const lookalike = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(
      ".",
    );
    const stuck = [1, 2, 3].map(async () => await hear(gate.tcp, "app", clientFirst(lookalike)));
    const { stdout } = await gate.psql("ann", ["-Atc", "select current_user"]);
    expect(stdout).toBe("ann\n");
    for (const heard of await Promise.all(stuck)) expect(heard).toEqual([["R 10", "OAUTHBEARER\0\0"]]);
    expect(gate.log().match(/canceling authentication due to timeout/g)).toHaveLength(3);
    silent.closeAllConnections();
    silent.close();
    await once(silent, "close");
  });
});

describe("oauth_end_session_with_token", () => {
  test("ends a session when its token expires, whatever it is doing", async () => {
    await using brief = await startOauthIssuer({ clients: ["app"], lifetime: 6 });
    const hba = `host all all 127.0.0.1/32 oauth issuer=${brief.issuer} scope=postgres\n`;
    const conf = `${jwt}oauth_clock_skew = 0\noauth_end_session_with_token = on\n`;
    await using gate = await startGate(server, { hba, conf });
    const token = await brief.token("app");
    const query = "select pg_sleep(60)";
    const busy = logInByLibpq(gate.port, "app", token, { issuer: brief.issuer, query });
    const idle = await hear(gate.tcp, "app", clientFirst(token));
    const words = "terminating connection because the OAuth token has expired";
    expect(idle.slice(-2).map(([kind]) => kind)).toEqual(["Z", "E"]);
    expect(idle.at(-1)).toEqual(["E", "28000", words]);
    expect((await busy).error).toContain(words);
    expect(gate.log()).toContain(`28000 FATAL:  ${words}`);
  });

  test("off: a session outlives its token", async () => {
    await using brief = await startOauthIssuer({ clients: ["app"], lifetime: 5 });
    const hba = `host all all 127.0.0.1/32 oauth issuer=${brief.issuer} scope=postgres\n`;
    await using gate = await startGate(server, { hba, conf: `${jwt}oauth_clock_skew = 0\n` });
    const token = await brief.token("app");
    const query = "select 'still here' from pg_sleep(6)";
    const { answer } = await logInByLibpq(gate.port, "app", token, { issuer: brief.issuer, query });
    expect(answer).toBe("still here");
  });
});

test("the validator introspection, with the client's secret in a file", async () => {
  await using opaque = await startOauthIssuer({ clients: ["app", "gate"], tokens: "opaque" });
  const hba = `host all all 127.0.0.1/32 oauth issuer=${opaque.issuer} scope=postgres\n`;
  const conf = `oauth_validator_libraries = introspection
oauth_identity_claim = client_id
oauth_introspection_client_id = gate
oauth_introspection_client_secret_file = 'client.secret'
`;
  const files = { "client.secret": "gate-secret\n" };
  await using gate = await startGate(server, { hba, conf, files });
  const token = await opaque.token("app");
  expect((await logInByLibpq(gate.port, "app", token, opaque)).answer).toBe("app");
  await opaque.revoke("app", token);
  const heard = await hear(gate.tcp, "app", clientFirst(token), farewell);
  expect(heard.at(-1)).toEqual(["E", "28000", failed("app")]);
  expect(gate.log()).toContain("The issuer says that the token is not active.");
  for (const secret of [token, "gate-secret"]) expect(gate.log()).not.toContain(secret);
});

test("a client that is in says goodbye as by any other method", async () => {
  await using gate = await gateWith("");
  const token = await issuer.token("app");
  const heard = await hear(gate.tcp, "app", clientFirst(token), encodeTerminate());
  expect(heard.slice(0, 2).map(([kind]) => kind)).toEqual(["R 10", "R 0"]);
});
