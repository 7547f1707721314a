import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { encodeStartupPacket } from "@sallyport/wire";
import { honestTls } from "@sallyport/testkit";
import type { LoginAnswers, LoginCertificate, LoginTls } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { treeOf } from "./clients.ts";
import type { Client } from "./clients.ts";
import { sameOutcomes } from "./same-outcomes.ts";
import { startTwins } from "./twins.ts";
import type { Settings, Twins } from "./twins.ts";

let twins: Twins;
beforeAll(async () => {
  twins = await startTwins({ tls: true });
});
afterAll(async () => {
  await twins[Symbol.asyncDispose]();
});

/** Clients by what they do, and what becomes of each of them. */
type Table = Readonly<Record<string, readonly [client: Client, outcome: string]>>;

/** What becomes of each, with the gateway as with PostgreSQL. */
async function outcomes(
  hba: string,
  table: Table,
  { ident = "", settings = { ssl: "on" } }: { readonly ident?: string; readonly settings?: Settings } = {},
): Promise<object> {
  const clients = Object.values(table).map(([client]) => client);
  const told = await sameOutcomes(twins, treeOf(hba, ident), clients, settings);
  return Object.fromEntries(Object.keys(table).map((name, at) => [name, told[at]]));
}

function expected(table: Table): object {
  return Object.fromEntries(Object.entries(table).map(([name, [, outcome]]) => [name, outcome]));
}

/** A client that asks for TLS, or begins it at once. */
function over(tls: Partial<LoginTls>, rest: Client = {}): Client {
  return { requests: tls.direct === true ? [] : ["ssl"], ...rest, tls: { ...honestTls, ...tls } };
}

const trust = "host all all all trust\n";
const failed = "closed | LOG: could not accept SSL connection: ";
const noVersion =
  " | HINT: This may indicate that the client does not support any SSL protocol version between TLSv1.2 and TLSv1.3.";

test("TLS may be asked for or begun at once, in either version", async () => {
  const table: Table = {
    "asked for, 1.2": [over({ version: "TLSv1.2" }), "TLSv1.2: in by trust"],
    "asked for, 1.3": [over({}), "TLSv1.3: in by trust"],
    "asked for, without a name": [over({ protocols: [] }), "TLSv1.3: in by trust"],
    "asked for, with the hello behind": [over({ eager: true }), "TLSv1.3: in by trust"],
    "at once, 1.2": [over({ direct: true, version: "TLSv1.2" }), "direct TLSv1.2: in by trust"],
    "at once, 1.3": [over({ direct: true }), "direct TLSv1.3: in by trust"],
    "at once, with two names": [
      over({ direct: true, protocols: ["http/1.1", "postgresql"] }),
      "direct TLSv1.3: in by trust",
    ],
    "at once, without a name": [
      over({ direct: true, protocols: [] }),
      "closed | LOG: received direct SSL connection request without ALPN protocol negotiation extension",
    ],
    "at once, with another name": [
      over({ direct: true, protocols: ["http/1.1"] }),
      `${failed}no application protocol`,
    ],
    "asked for, with another name": [over({ protocols: ["http/1.1"] }), `${failed}no application protocol`],
    "1.1": [over({ version: "TLSv1.1" }), `${failed}unsupported protocol${noVersion}`],
    "from ::1": [over({}, { address: "::1" }), "TLSv1.3: in by trust"],
    "byte by byte": [over({}, { pieces: 1 }), "TLSv1.3: in by trust"],
  };
  expect(await outcomes(trust, table)).toEqual(expected(table));
});

test("without TLS whoever asks for it may go on, and whoever begins it at once is sent away", async () => {
  const settings = { ssl: "off" };
  const table: Table = {
    "asked for": [over({}), "after N: in by trust"],
    "asked for, with the hello behind": [
      over({ eager: true }),
      "after N: 08P01 | received unencrypted data after SSL request | This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
    ],
    "at once": [over({ direct: true }), "closed"],
  };
  expect(await outcomes(trust, table, { settings })).toEqual(expected(table));
});

test("over the Unix socket there is none", async () => {
  const table: Table = {
    "asked for": [over({}, { address: null }), "after N: in by trust"],
    "at once": [over({ direct: true }, { address: null }), "closed"],
  };
  expect(await outcomes("local all all trust\n", table)).toEqual(expected(table));
});

test("what comes in place of a hello is none", async () => {
  const table: Table = {
    "a startup packet": [{ requests: ["ssl"] }, `${failed}wrong version number${noVersion}`],
    "one behind the request": [
      { requests: ["ssl"], pipelined: true },
      `${failed}wrong version number${noVersion}`,
    ],
    "an HTTP request": [over({ broken: "GET / HTTP/1.1\r\n\r\n" }), `${failed}http request`],
    nothing: [over({ broken: 0 }), `${failed}EOF detected`],
    "a byte": [over({ broken: 1 }), `${failed}EOF detected`],
    "half a hello": [over({ broken: 100 }), `${failed}EOF detected`],
    "half a hello, at once": [over({ broken: 100, direct: true }), `${failed}EOF detected`],
    "half a hello, with the request": [over({ broken: 100, eager: true }), `${failed}EOF detected`],
  };
  expect(await outcomes(trust, table)).toEqual(expected(table));
});

test("within TLS nothing is asked for again, and a cancel request is none of its own", async () => {
  const unsupported = (minor: number): string =>
    `0A000 | unsupported frontend protocol 1234.${minor}: server supports 3.0 to 3.2`;
  const table: Table = {
    TLS: [over({}, { requests: ["ssl", "ssl"] }), `TLSv1.3: ${unsupported(5679)}`],
    "GSSAPI encryption": [over({}, { requests: ["ssl", "gssenc"] }), `TLSv1.3: ${unsupported(5680)}`],
    "GSSAPI encryption, also before": [
      over({}, { requests: ["gssenc", "ssl", "gssenc"] }),
      `TLSv1.3: ${unsupported(5680)}`,
    ],
    "TLS, begun at once": [over({ direct: true }, { requests: ["ssl"] }), "direct TLSv1.3: in by trust"],
    "GSSAPI encryption, begun at once": [
      over({ direct: true }, { requests: ["gssenc"] }),
      "direct TLSv1.3: in by trust",
    ],
    "a cancel request": [
      over({}, { opening: "\0\0\0\x10\x04\u00d2\x16\x2e\x7f\u00ff\u00ff\u00ffkeys" }),
      "closed | LOG: PID … in cancel request did not match any process",
    ],
  };
  expect(await outcomes(trust, table)).toEqual(expected(table));
});

test("a certificate that is not good ends the connection, whatever its line asks for", async () => {
  const shows = (certificate: LoginCertificate): Client => over({ certificate });
  const unverified = (reason: string): string =>
    `${failed}certificate verify failed | DETAIL: Client certificate verification failed at depth 0: ${reason}.\n\tFailed certificate data (…): subject "…", serial number …, issuer "…".`;
  const table: Table = {
    "of somebody else": [shows("alice"), "TLSv1.3: in by trust"],
    "without a name": [shows("no common name"), "TLSv1.3: in by trust"],
    "by an intermediate authority": [shows("by an intermediate authority"), "TLSv1.3: in by trust"],
    "by nobody we know": [shows("unknown authority"), unverified("unable to get local issuer certificate")],
    "by itself": [shows("self-signed"), unverified("self-signed certificate")],
    "from the past": [shows("expired"), unverified("certificate has expired")],
    "from the future": [shows("not yet valid"), unverified("certificate is not yet valid")],
    "of a server": [shows("for servers"), unverified("unsuitable certificate purpose")],
    "of a server, with TLS 1.2": [
      over({ certificate: "for servers", version: "TLSv1.2" }),
      unverified("unsuitable certificate purpose"),
    ],
    "with a NUL in its name": [
      shows("NUL"),
      "closed | LOG: SSL certificate's common name contains embedded null",
    ],
  };
  expect(await outcomes(trust, table)).toEqual(expected(table));
});

test("within TLS a client may say all that it has to say at once, and close its side", async () => {
  const opening =
    "\0\0\0\x20\0\x03\0\0user\0bob\0database\0shop\0\0Q\0\0\0\x0dselect 1\0Q\0\0\0\x0dselect 2\0";
  const table: Table = {
    "asked for": [over({}, { opening }), "TLSv1.3: in by trust"],
    "at once, 1.2": [over({ version: "TLSv1.2", direct: true }, { opening }), "direct TLSv1.2: in by trust"],
  };
  expect(await outcomes(trust, table)).toEqual(expected(table));
});

test.each(["TLSv1.2", "TLSv1.3"] as const)("no session of %s is resumed", async (version) => {
  const resumed = async (port: number, session?: Buffer): Promise<readonly [boolean, Buffer | undefined]> => {
    const ALPNProtocols = ["postgresql"];
    const options = { host: "127.0.0.1", port, ALPNProtocols, rejectUnauthorized: false };
    const socket = connectTls({
      ...options,
      minVersion: version,
      maxVersion: version,
      ...(session && { session }),
    });
    let offered: Buffer | undefined;
    socket.on("session", (one: Buffer) => {
      offered = one;
    });
    await once(socket, "secureConnect");
    // What a server has to offer comes before its first word.
    socket.write(encodeStartupPacket([["user", "nobody"]], { major: 3, minor: 0 }));
    await once(socket, "data");
    const reused = socket.isSessionReused();
    socket.destroy();
    return [reused, offered];
  };
  await twins.under(
    treeOf(trust),
    async ({ server, gateway }) => {
      const [, ofServer] = await resumed(server.port);
      expect(ofServer).toBeUndefined();
      // It has an identifier, and nobody keeps what it would stand for (docs/differences.md).
      const [, ofGateway] = await resumed(gateway.port);
      expect(await resumed(gateway.port, ofGateway)).toEqual([false, expect.any(Buffer)]);
    },
    { ssl: "on" },
  );
});

const refused = (by: string): string => `TLSv1.3: 28000 | ${by} authentication failed for user "…"`;
const otherUser = "provided user name (…) and authenticated user name (…) do not match";
const mismatch = 'certificate validation (…) failed for user "…": CN mismatch';
const noUserName = 'certificate authentication failed for user "…": client certificate contains no user name';
const required = "TLSv1.3: 28000 | connection requires a valid client certificate";

test("a line with cert takes the name in the certificate, or what the map makes of it", async () => {
  const to = (database: string, certificate: LoginCertificate | null, user = "bob"): Client =>
    over({ certificate }, { user, database });
  const isIn = "TLSv1.3: in by cert";
  const hba = `hostssl shop all all cert
hostssl staff all all cert clientname=DN
hostssl bob all all cert map=cn
hostssl all all all cert clientname=DN map=dn
`;
  const ident = `cn alice bob
dn "CN=alice,OU=Testing,O=PGDG" bob
dn "/^CN=(.*),C=DE$" \\1
`;
  const noMatch = `${refused("certificate")} | no match in usermap "…" for user "…" authenticated as "…"`;
  const table: Table = {
    "the role": [to("shop", "bob"), isIn],
    "the first of two names": [to("shop", "two names"), isIn],
    "the last of two names": [to("shop", "two names", "alice"), `${refused("certificate")} | ${otherUser}`],
    "another role": [to("shop", "alice"), `${refused("certificate")} | ${otherUser}`],
    "no name": [to("shop", "no common name"), `${refused("certificate")} | ${noUserName}`],
    none: [to("shop", null), required],
    "in plain": [
      { database: "shop" },
      '28000 | no pg_hba.conf entry for host "…", user "…", database "…", no encryption',
    ],
    "the whole name, no map": [to("staff", "bob"), `${refused("certificate")} | ${otherUser}`],
    "by the map": [to("bob", "alice"), isIn],
    "not in the map": [to("bob", "bob"), noMatch],
    "the whole name": [to("all", "alice"), isIn],
    "the whole name, by an expression": [to("all", "Bob", "Bob"), isIn],
    "the whole name, not in the map": [to("all", "bob"), noMatch],
  };
  expect(await outcomes(hba, table, { ident })).toEqual(expected(table));
});

test("clientcert asks for a certificate beside the method, and verify-full for the role in it", async () => {
  const methods = ["trust", "password", "scram-sha-256", "reject"];
  const lines = methods.flatMap((method, at) => [
    `hostssl shop all 127.0.0.${at + 1}/32 ${method} clientcert=verify-ca\n`,
    `hostssl bob all 127.0.0.${at + 1}/32 ${method} clientcert=verify-full\n`,
    `hostssl staff all 127.0.0.${at + 1}/32 ${method} clientcert=verify-full clientname=DN\n`,
  ]);
  const to = (
    at: number,
    database: string,
    certificate: LoginCertificate | null,
    rest: Client = {},
  ): Client => over({ certificate }, { address: `127.0.0.${at}`, database, ...rest });
  const wrong = { password: "x" };
  const passwordFailed = 'TLSv1.3: 28P01 | password authentication failed for user "…"';
  const rejected =
    'TLSv1.3: 28000 | pg_hba.conf rejects connection for host "…", user "…", database "…", SSL encryption';
  const table: Table = {
    "trust: none": [to(1, "shop", null), required],
    "trust: any": [to(1, "shop", "alice"), "TLSv1.3: in by trust"],
    "trust: full": [to(1, "bob", "bob"), "TLSv1.3: in by trust"],
    "trust: full, none": [to(1, "bob", null), required],
    "trust: full, another": [to(1, "bob", "alice"), `${refused('"…"')} | ${otherUser} | ${mismatch}`],
    "trust: full, no name": [to(1, "bob", "no common name"), `${refused('"…"')} | ${noUserName}`],
    "trust: full, the whole name": [
      to(1, "staff", "bob"),
      `${refused('"…"')} | ${otherUser} | ${mismatch.replace("CN", "DN")}`,
    ],
    "password: any": [to(2, "shop", "alice"), "TLSv1.3: in by password, asked for a password"],
    "password: full, another": [
      to(2, "bob", "alice"),
      `${passwordFailed} | ${otherUser} | ${mismatch}, asked for a password`,
    ],
    "password: full, another, and wrong": [
      to(2, "bob", "alice", wrong),
      `${passwordFailed} | Password does not match for user "…"., asked for a password`,
    ],
    "SCRAM: full": [to(3, "bob", "bob"), "TLSv1.3: in by scram-sha-256, asked for SASL"],
    // The client has had the server's signature by then.
    "SCRAM: full, another": [
      to(3, "bob", "alice"),
      `${passwordFailed} | ${otherUser} | ${mismatch}, asked for SASL`,
    ],
    "SCRAM: full, another, and wrong": [to(3, "bob", "alice", wrong), `${passwordFailed}, asked for SASL`],
    "SCRAM: none": [to(3, "shop", null), required],
    "reject: none": [to(4, "bob", null), required],
    "reject: another": [to(4, "bob", "alice"), rejected],
  };
  expect(await outcomes(lines.join(""), table)).toEqual(expected(table));
});

test("hostssl and hostnossl tell connections apart", async () => {
  const hba = "hostssl all bob all trust\nhostnossl all alice all trust\nhost all all all reject\n";
  const rejected = '28000 | pg_hba.conf rejects connection for host "…", user "…", database "…", ';
  const table: Table = {
    "TLS for TLS": [over({}), "TLSv1.3: in by trust"],
    "plain for TLS": [{}, `${rejected}no encryption`],
    "TLS for plain": [over({}, { user: "alice" }), `TLSv1.3: ${rejected}SSL encryption`],
    "plain for plain": [{ user: "alice" }, "in by trust"],
  };
  expect(await outcomes(hba, table)).toEqual(expected(table));
});

test("without authorities nobody is asked for a certificate, and a line that wants one says so", async () => {
  const hba = "hostssl shop all all cert\nhost all all all trust\n";
  const table: Table = {
    "to cert": [
      over({ certificate: "bob" }),
      "TLSv1.3: F0000 | client certificates can only be checked if a root certificate store is available",
    ],
    "to trust": [over({ certificate: "expired" }, { database: "bob" }), "TLSv1.3: in by trust"],
  };
  expect(await outcomes(hba, table, { settings: { ssl: "on", ssl_ca_file: "" } })).toEqual(expected(table));
});

const plus: Partial<LoginAnswers> = {
  mechanism: "SCRAM-SHA-256-PLUS",
  first: "p=tls-server-end-point,,n=,r=nonce",
  final: "c={bound},r={nonce},p={proof}",
};

test("SCRAM is bound to the certificate of the server", async () => {
  const says = (answers: Partial<LoginAnswers>, rest: Client = {}): Client => over({}, { answers, ...rest });
  const bound = ", asked for SASL, bound to TLS";
  const malformed = "08P01 | malformed SCRAM message | ";
  const noMechanism = "08P01 | client selected an invalid SASL authentication mechanism";
  const could = { first: "y,,n=,r=nonce", final: "c=eSws,r={nonce},p={proof}" };
  const notFor = "0A000 | client uses authorization identity, but it is not supported";
  const other = { ...plus, final: "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAAAA,r={nonce},p={proof}" };
  const table: Table = {
    right: [says(plus), `TLSv1.3: in by scram-sha-256${bound}`],
    "right, with TLS 1.2": [
      over({ version: "TLSv1.2", direct: true }, { answers: plus }),
      `direct TLSv1.2: in by scram-sha-256${bound}`,
    ],
    "right, a wrong password": [
      says(plus, { password: "x" }),
      `TLSv1.3: 28P01 | password authentication failed for user "…"${bound}`,
    ],
    "to another certificate": [says(other), `TLSv1.3: 28000 | SCRAM channel binding check failed${bound}`],
    "to another certificate, a wrong password": [
      says(other, { password: "x" }),
      `TLSv1.3: 28000 | SCRAM channel binding check failed${bound}`,
    ],
    "of another type": [
      says({ ...plus, first: "p=tls-unique,,n=,r=nonce" }),
      `TLSv1.3: 08P01 | unsupported SCRAM channel-binding type "…"${bound}`,
    ],
    "promised, not given": [
      says({ ...plus, first: "n,,n=,r=nonce" }),
      `TLSv1.3: ${malformed}The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.${bound}`,
    ],
    "given, not promised": [
      says({ ...plus, mechanism: "SCRAM-SHA-256" }),
      `TLSv1.3: ${malformed}The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data., asked for SASL`,
    ],
    "for somebody": [
      says({ ...plus, first: "p=tls-server-end-point,a=bob,n=,r=nonce" }),
      `TLSv1.3: ${notFor}${bound}`,
    ],
    "the client cannot": [says({}), "TLSv1.3: in by scram-sha-256, asked for SASL"],
    "the client cannot, for somebody": [
      says({ first: "n,a=bob,n=,r=nonce" }),
      `TLSv1.3: ${notFor}, asked for SASL`,
    ],
    "the client could": [
      says(could),
      "TLSv1.3: 28000 | SCRAM channel binding negotiation error | The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding., asked for SASL",
    ],
    "the client could, in plain": [{ answers: could }, "in by scram-sha-256, asked for SASL"],
    "in plain": [{ answers: plus }, `${noMechanism}${bound}`],
  };
  expect(await outcomes("host all all all scram-sha-256\n", table)).toEqual(expected(table));
});
