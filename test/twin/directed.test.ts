import type { Tree } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { treeOf } from "./clients.ts";
import type { Client } from "./clients.ts";
import { outcomeOf } from "./outcomes.ts";
import { compareClients, sameOutcomes } from "./same-outcomes.ts";
import { startTwins } from "./twins.ts";
import type { Settings, Twins } from "./twins.ts";

/** Secrets that no server makes, as a broken tool may have left them. */
const oddSecrets = {
  "odd md5": "md583B25D9A5D61A10ED6AC9A8B4AE0A7B3",
  "odd text": "in clear text",
  "odd nothing": "",
  "odd salt": "SCRAM-SHA-256$4096:***$AAAA:AAAA",
  "odd scheme": "scram-sha-256$4096:AAAA$AAAA:AAAA",
  "odd keys": "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA",
} as const;

/** A database that nobody gets into, since its login trigger says so after all else has been said. */
const shutDatabase = [
  "create database shut",
  "\\connect shut",
  `create function shut() returns event_trigger language plpgsql
    as 'begin raise notice ''not today''; raise exception ''closed for %'', session_user; end'`,
  "create event trigger shut on login execute function shut()",
] as const;

let twins: Twins;
beforeAll(async () => {
  twins = await startTwins({
    statements: [
      ...Object.entries(oddSecrets).flatMap(([name, secret]) => [
        `create role "${name}" login`,
        `update pg_authid set rolpassword = '${secret}' where rolname = '${name}'`,
      ]),
      ...shutDatabase,
    ],
  });
});
afterAll(async () => {
  await twins[Symbol.asyncDispose]();
});

async function outcomes(
  tree: Tree,
  clients: readonly Client[],
  settings?: Settings,
): Promise<readonly string[]> {
  return await sameOutcomes(twins, tree, clients, settings);
}

const wrongPassword =
  '28P01 | password authentication failed for user "…" | Password does not match for user "…"., asked for a password';
const wrongProof = '28P01 | password authentication failed for user "…", asked for SASL';
const rejected = '28000 | pg_hba.conf rejects connection for host "…", user "…", database "…", no encryption';
const noEntry = '28000 | no pg_hba.conf entry for host "…", user "…", database "…", no encryption';

describe("the first line that fits decides, and no other does", () => {
  test.each<readonly [title: string, hba: string, client: Client, outcome: string]>([
    [
      "a wrong password is not saved by trust",
      "host all all all scram-sha-256\nhost all all all trust\n",
      { password: "x" },
      wrongProof,
    ],
    [
      "nor is one in clear text",
      "host all all all password\nhost all all all trust\n",
      { password: "x" },
      wrongPassword,
    ],
    ["a reject before it", "host all bob all reject\nhost all all all trust\n", {}, rejected],
    ["a reject behind it", "host all all all trust\nhost all bob all reject\n", {}, "in by trust"],
    ["a line for the socket", "local all all trust\n", {}, noEntry],
    ["a line for TLS alone", "hostssl all all all trust\n", {}, noEntry],
    ["a line for GSSAPI encryption alone", "hostgssenc all all all trust\n", {}, noEntry],
    ["lines for connections without either", "hostnossl all all all trust\n", {}, "in by trust"],
    ["lines for connections without either", "hostnogssenc all all all trust\n", {}, "in by trust"],
    [
      "an IPv6 line and an IPv4 client",
      "host all all ::/0 trust\nhost all all ::ffff:127.0.0.1/96 trust\n",
      {},
      noEntry,
    ],
    ["an IPv4 line and an IPv6 client", "host all all 0.0.0.0/0 trust\n", { address: "::1" }, noEntry],
    [
      "another address of the same machine",
      "host all all 127.0.0.2/32 trust\n",
      { address: "127.0.0.2" },
      "in by trust",
    ],
    ["octal addresses", "host all all 0177.0.0.010/32 trust\n", { address: "127.0.0.8" }, "in by trust"],
    ["samehost", "host all all samehost trust\n", {}, "in by trust"],
    [
      "samehost, and an address that is no interface's",
      "host all all samehost trust\n",
      { address: "127.0.0.2" },
      noEntry,
    ],
    ["samenet", "host all all samenet trust\n", { address: "127.9.9.9" }, "in by trust"],
    ["a superuser in no group", "host all +staff all trust\n", { user: "boss" }, noEntry],
    ["a member of a member, without INHERIT", "host all +company all trust\n", {}, "in by trust"],
    [
      "a group's own name",
      "host all +company all trust\n",
      { user: "company" },
      '28000 | role "…" is not permitted to log in',
    ],
    ["samerole", "host samerole all all trust\n", { database: "staff" }, "in by trust"],
    [
      "the keyword replication and a database of that name",
      "host replication all all trust\n",
      { database: "replication" },
      noEntry,
    ],
    [
      "the database of that name",
      'host "replication" all all trust\n',
      { database: "replication" },
      "in by trust",
    ],
    [
      "all, and a walsender",
      "host all all all trust\n",
      { user: "copier", more: [["replication", "true"]] },
      '28000 | no pg_hba.conf entry for replication connection from host "…", user "…", no encryption',
    ],
    [
      "all, and a logical walsender",
      "host all all all trust\n",
      { user: "copier", more: [["replication", "database"]] },
      "walsender in by trust",
    ],
    ["a role called all", 'host all "all" all trust\n', {}, noEntry],
    ["and itself", 'host all "all" all trust\n', { user: "all" }, "in by trust"],
  ])("%s", async (_, hba, client, outcome) => {
    expect(await outcomes(treeOf(hba), [client])).toEqual([outcome]);
  });
});

describe("names", () => {
  const trust = treeOf("host all all all trust\n");
  test.each<readonly [title: string, client: Client, outcome: string]>([
    ["a name of 63 bytes", { user: "n".repeat(63) }, "in by trust"],
    ["a longer one is cut to it", { user: "n".repeat(64) }, "in by trust"],
    ["a name cut within a character", { user: "\u00e9".repeat(40) }, '28000 | role "…" does not exist'],
    ["a name that is no UTF-8", { more: [["user", "\u00ff\u00fe"]] }, '28000 | role "…" does not exist'],
    ["a name of several lines", { user: "x\n\ny" }, '28000 | role "…" does not exist'],
    ["the last of two users counts", { more: [["user", "alice"]] }, "in by trust"],
    [
      "the last of two databases, too",
      { more: [["database", "nowhere"]] },
      '3D000 | database "…" does not exist',
    ],
    [
      "a database that is a connection string",
      { database: "host=127.0.0.1 user=boss" },
      '3D000 | database "…" does not exist',
    ],
    ["a database that is a switch", { database: "-c work_mem=1" }, '3D000 | database "…" does not exist'],
    ["a database that is a path", { database: "/etc/passwd" }, '3D000 | database "…" does not exist'],
    [
      "no user",
      { opening: opening([["database", "shop"]]) },
      "28000 | no PostgreSQL user name specified in startup packet",
    ],
    ["nothing", { opening: opening([]) }, "28000 | no PostgreSQL user name specified in startup packet"],
  ])("%s", async (_, client, outcome) => {
    expect(await outcomes(trust, [client])).toEqual([outcome]);
  });
});

const tooLong =
  '28P01 | password authentication failed for user "…" | invalid message length, asked for SASL';

/** A client whose SASLInitialResponse has a body of that many bytes: mechanism, length word, client-first. */
function saslInitialResponse(bytes: number): Client {
  const first = "n,,n=,r=nonce,x=";
  return { answers: { first: first.padEnd(bytes - "SCRAM-SHA-256\0".length - 4, "x") } };
}

/** A client whose client-final-message has that many bytes: two nonces, of which the server's has 24 bytes, and a proof. */
function clientFinal(bytes: number): Client {
  const rest = "c=biws,r=".length + 24 + ",p=".length + 44;
  return { answers: { first: `n,,n=,r=${"x".repeat(bytes - rest)}` } };
}

describe("limits of length", () => {
  test.each<readonly [title: string, hba: string, client: Client, outcome: string]>([
    ["the longest password", "password", { password: "x".repeat(65_530) }, wrongPassword],
    [
      "one byte more",
      "password",
      { password: "x".repeat(65_531) },
      "closed | LOG: invalid message length, asked for a password",
    ],
    [
      "the longest first message",
      "scram-sha-256",
      saslInitialResponse(1020),
      "in by scram-sha-256, asked for SASL",
    ],
    ["one byte more", "scram-sha-256", saslInitialResponse(1021), tooLong],
    ["the longest last message", "scram-sha-256", clientFinal(1020), "in by scram-sha-256, asked for SASL"],
    ["one byte more", "scram-sha-256", clientFinal(1021), tooLong],
    ["the longest startup packet", "trust", { opening: longPacket(10_000) }, "in by trust"],
    [
      "one byte more",
      "trust",
      { opening: longPacket(10_001) },
      "closed | LOG: invalid length of startup packet",
    ],
  ])("%s", async (_, method, client, outcome) => {
    expect(await outcomes(treeOf(`host all all all ${method}\n`), [client])).toEqual([outcome]);
  });
});

describe("a client that leaves in the middle of a packet", () => {
  test.each<readonly [title: string, client: Client, outcome: string]>([
    ["in the length word", { opening: "\0\0" }, "closed | LOG: incomplete startup packet"],
    ["in the length word, after a request", { opening: "\0\0", requests: ["ssl"] }, "after N: closed"],
    ["in the body", { opening: "\0\0\0\x20half" }, "closed | LOG: incomplete startup packet"],
    [
      "in the body, after a request",
      { opening: "\0\0\0\x20half", requests: ["gssenc"] },
      "after N: closed | LOG: incomplete startup packet",
    ],
  ])("%s", async (_, client, outcome) => {
    expect(await outcomes(treeOf("host all all all trust\n"), [client])).toEqual([outcome]);
  });
});

test("bytes that come with the proof belong to the session", async () => {
  const behind = `${query("select 1")}${query("select 2")}X\0\0\0\x04`;
  const tree = treeOf("host all bob all scram-sha-256\nhost all all all md5\n");
  expect(await outcomes(tree, [{ answers: { behind } }, { answers: { behind }, user: "Bob" }])).toEqual([
    "in by scram-sha-256, asked for SASL",
    "in by md5, asked for an MD5 answer",
  ]);
});

test("a client may say all that it has to say at once, and close its side", async () => {
  const all =
    opening([
      ["user", "bob"],
      ["database", "shop"],
    ]) +
    password("bob-secret") +
    query("select 1") +
    "X\0\0\0\x04";
  const trust =
    opening([
      ["user", "bob"],
      ["database", "shop"],
    ]) +
    query("select 1") +
    query("select 2");
  expect(
    await outcomes(treeOf("host all all 127.0.0.1/32 password\nhost all all all trust\n"), [
      { opening: all },
      { opening: trust, address: "127.0.0.2" },
    ]),
  ).toEqual(["in by password, asked for a password", "in by trust"]);
});

describe("what a session says before it is ready", () => {
  const trust = treeOf("host all all all trust\n");
  test("comes where PostgreSQL says it", async () => {
    expect(await outcomes(trust, [{ database: "noisy" }])).toEqual(["in by trust"]);
  });
  test("comes before the error of a login trigger", async () => {
    // What the log says next differs: PostgreSQL counts this as a session that has been, and logs its end.
    const [compared] = await compareClients(twins, trust, [{ database: "shut" }]);
    expect(compared?.gateway.seen).toEqual(compared?.server.seen);
    expect(compared && outcomeOf(compared)).toMatch(/^P0001 \| closed for bob/);
  });
  test("comes before the error that ends it", async () => {
    const long = ["application_name", "x".repeat(100)] as const;
    expect(await outcomes(trust, [{ more: [long] }, { more: [long, ["ghost", "1"]] }])).toEqual([
      "in by trust",
      '42704 | unrecognized configuration parameter "…"',
    ]);
  });
});

describe("a secret that no server makes is no secret", () => {
  test.each(["password", "md5", "scram-sha-256"])("for a line with %s", async (method) => {
    const clients = Object.keys(oddSecrets).map((user) => ({ user, password: "x" }));
    const told = await outcomes(treeOf(`host all all all ${method}\n`), clients);
    expect(told.filter((outcome) => !outcome.startsWith("28P01 | password authentication failed"))).toEqual(
      [],
    );
  });
});

test("whoever says nothing is sent away in silence", async () => {
  const tree = treeOf("host all all 127.0.0.1/32 password\nhost all all 127.0.0.2/32 scram-sha-256\n");
  const silent = { at: 1, bytes: "", leaves: false } as const;
  const clients = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, answers: { instead: silent } }));
  expect(await outcomes(tree, clients, { authentication_timeout: "1s" })).toEqual([
    "closed | FATAL: canceling authentication due to timeout, asked for a password",
    "closed | FATAL: canceling authentication due to timeout, asked for SASL",
  ]);
});

function opening(pairs: readonly (readonly [string, string])[]): string {
  const body = `\0\x03\0\0${pairs.map(([name, value]) => `${name}\0${value}\0`).join("")}\0`;
  return length(body.length + 4) + body;
}

/** A startup packet of that many bytes behind its length word. */
function longPacket(bytes: number): string {
  const pairs = [
    ["user", "bob"],
    ["database", "shop"],
    ["my.own", ""],
  ] as const;
  const short = opening(pairs).length - 4;
  return opening([...pairs.slice(0, 2), ["my.own", "x".repeat(bytes - short)]]);
}

function password(text: string): string {
  return `p${length(text.length + 5)}${text}\0`;
}

function query(text: string): string {
  return `Q${length(text.length + 5)}${text}\0`;
}

function length(bytes: number): string {
  const word = Buffer.alloc(4);
  word.writeInt32BE(bytes);
  return word.toString("latin1");
}
