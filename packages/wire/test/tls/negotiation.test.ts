/** How a connection comes to be in TLS, or does not: each case is put to libpq 18, too, and the two must agree. */
import { certificateAuthority } from "@sallyport/testkit";
import type { CertificateAuthority, IssuedCertificate } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorResponse, ok, ready } from "../fake-servers.ts";
import { libpqWords, ourWords } from "./both.ts";
import { answers, encrypts, tlsServer } from "./servers.ts";
import type { Conduct } from "./servers.ts";

let ca: CertificateAuthority;
let own: IssuedCertificate;
beforeAll(async () => {
  ca = await certificateAuthority();
  own = await ca.issue({ subject: "/CN=localhost" });
});
afterAll(async () => {
  await ca?.remove();
});

const fatal = errorResponse("28000", "no entry");
const starting = errorResponse("57P03", "the database system is starting up");

/** Says this in TLS, to a startup packet. */
const says =
  (bytes: Buffer): (() => Conduct) =>
  () =>
    encrypts({ cert: own.cert, key: own.key }, (socket) => void socket.end(bytes));

interface Outcome {
  readonly notes: readonly string[];
  readonly words: string;
}

async function ask(
  conduct: Conduct,
  options: string,
): Promise<{ readonly ours: Outcome; readonly theirs: Outcome }> {
  await using server = await tlsServer(conduct);
  const conninfo = `${server.conninfo} ${options}`;
  const theirWords = await libpqWords(conninfo);
  const theirs = { notes: server.notes(), words: theirWords };
  server.forget();
  const words = await ourWords(conninfo);
  return { theirs, ours: { notes: server.notes(), words } };
}

const modes = [
  "sslmode=disable",
  "sslmode=allow",
  "sslmode=prefer",
  "sslmode=require",
  "sslmode=require sslnegotiation=direct",
];

const conducts: readonly (readonly [string, () => Conduct])[] = [
  ["answers N, and refuses us", () => answers("N")],
  ["answers with an error", () => answers(fatal)],
  ["answers with an error that has no length", () => answers("Ecould not fork\n\0")],
  ["answers with 57P03", () => answers(starting)],
  ["answers what nobody knows", () => answers("X")],
  ["closes instead of answering", () => answers(null)],
  ["closes within the handshake", () => answers("S")],
  ["answers the handshake with garbage", () => answers("S", "garbage, and no TLS")],
  ["refuses us in TLS", says(fatal)],
  ["is starting up, in TLS", says(starting)],
  ["refuses the session in TLS, after AuthenticationOk", says(Buffer.concat([ok, fatal]))],
  ["closes in TLS", says(Buffer.alloc(0))],
  ["lets us in, in TLS", says(ready())],
  [
    "speaks TLS 1.3 alone",
    () =>
      encrypts({ cert: own.cert, key: own.key, minVersion: "TLSv1.3" }, (socket) => void socket.end(ready())),
  ],
];

describe.each(modes)("%s", (options) => {
  test.each(conducts)("with a server that %s", async (_, conduct) => {
    const { ours, theirs } = await ask(conduct(), options);
    expect(ours.notes).toEqual(theirs.notes);
    expect(theirs.words === "").toBe(ours.words === "");
    // Of several failures ours shows the last alone if that is the server's own.
    const last = theirs.words.split("\n").at(-1) ?? "";
    const [line = ""] = ours.words.split("\n").slice(-1);
    expect(same(line)).toBe(same(last));
  });
});

/** What each says in its own way. */
function same(words: string): string {
  return words
    .replace(/^(?:the peer closed the connection|server closed the connection unexpectedly)$/, "(closed)")
    .replace(/^SSL connection has been closed unexpectedly$/, "(closed)")
    .replace(
      /^(?:the server sent a message of type|a message of \d+ bytes|expected authentication request).*/,
      "(no answer)",
    );
}

describe("versions on which the two cannot agree", () => {
  test.each([
    ["the server has TLS 1.2 at most", { maxVersion: "TLSv1.2" }, "ssl_min_protocol_version=TLSv1.3"],
    ["the server has TLS 1.3 alone", { minVersion: "TLSv1.3" }, "ssl_max_protocol_version=TLSv1.2"],
  ] as const)("%s", async (_, versions, options) => {
    const { cert, key } = own;
    const conduct = encrypts({ cert, key, ...versions }, (socket) => void socket.end());
    const { ours, theirs } = await ask(conduct, `sslmode=require ${options}`);
    expect(ours).toEqual(theirs);
    expect(ours.words).toContain(
      "This may indicate that the server does not support any SSL protocol version",
    );
  });
});

describe("ALPN", () => {
  test.each([
    ["a server of another protocol", { ALPNProtocols: ["http/1.1"] }, "SSL error: no application protocol"],
    [
      "a server without any, in direct TLS",
      { ALPNProtocols: [] },
      "direct SSL connection was established without ALPN protocol negotiation extension",
    ],
  ])("%s", async (_, alpn, words) => {
    const { cert, key } = own;
    const conduct = encrypts({ cert, key, ...alpn }, (socket) => void socket.end(ready()));
    const { ours, theirs } = await ask(conduct, "sslmode=require sslnegotiation=direct");
    // An alert, as OpenSSL calls it from its version 3 on.
    expect([ours.words.replace("tlsv1 alert ", ""), theirs.words]).toEqual([words, words]);
  });

  test("a server without any is fine after an SSLRequest", async () => {
    const { cert, key } = own;
    const conduct = encrypts({ cert, key, ALPNProtocols: [] }, (socket) => void socket.end(ready()));
    const { ours, theirs } = await ask(conduct, "sslmode=require");
    expect([ours.words, theirs.words]).toEqual(["", ""]);
  });
});
