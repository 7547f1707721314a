import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { encodeBackendKeyData, encodeReadyForQuery, encodeStartupPacket } from "@sallyport/wire";
import { fakeUpstream, ok, script } from "./fake-upstream.ts";
import type { FakeUpstream } from "./fake-upstream.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { repliesTo } from "./raw-client.ts";

// What a role's session says of itself upstream: the names that were decided on, byte for byte, and what the client
// wants of that session. Nothing of it is a connection string to anybody (CVE-2013-1899).

const ready = Buffer.concat([
  ok,
  encodeBackendKeyData({ processId: 4711, secretKey: Buffer.alloc(4) }),
  encodeReadyForQuery("I"),
]);

let server: TestPostgres;
let fake: FakeUpstream;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, setUp);
  fake = await fakeUpstream(server, script(ready));
  const hba = "host all all all trust\nhost replication all all trust\n";
  gate = await startGate(server, { hba, upstream: fake.conninfo });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await fake?.[Symbol.asyncDispose]();
  await server?.stop();
});

type Pairs = readonly (readonly [name: string, value: string])[];

/** The startup packet that reaches the upstream when a client sends this one. */
async function passedOn(user: string, database: string, parameters: Pairs = []): Promise<string> {
  const replies = await repliesTo(gate.tcp, { user, database, parameters });
  expect(replies.at(-1)?.kind).toBe("Z");
  return fake.sessions.at(-1)?.startup.toString("latin1") ?? "";
}

function packet(...pairs: Pairs): string {
  return encodeStartupPacket(pairs).toString("latin1");
}

const names = [
  "host=evil",
  "dbname=shop host=evil user=postgres",
  "postgresql://evil/shop",
  "-x",
  "--help",
  "-cport=1",
  "/tmp",
  "@/evil",
  "a=b",
  "a b",
  "a\tb\nc",
  "'; drop role app; --",
  `"`,
  "\\",
  "*",
  "all",
  "replication",
  "+app",
  "\u00FF\u00FE",
  "caf\u00C3\u00A9",
  "\u00C3",
  "x".repeat(63),
];

describe("names reach the upstream as they are", () => {
  test.each(names)("role %j", async (name) => {
    expect(await passedOn(name, "shop")).toBe(packet(["user", name], ["database", "shop"]));
  });

  test.each(names)("database %j", async (name) => {
    expect(await passedOn("app", name)).toBe(packet(["user", "app"], ["database", name]));
  });
});

describe("a session upstream", () => {
  test("has the names that were decided on: cut to 63 bytes, in the middle of a letter if need be", async () => {
    const long = `${"x".repeat(62)}\u00C3\u00A9${"y".repeat(20)}`;
    const cut = `${"x".repeat(62)}\u00C3`;
    expect(await passedOn(long, `z${long}`)).toBe(packet(["user", cut], ["database", `z${"x".repeat(62)}`]));
  });

  test("of a client that names no database is in the one of its own name, which need not be said", async () => {
    expect(await passedOn("app", "")).toBe(packet(["user", "app"]));
    expect(await passedOn("app", "app")).toBe(packet(["user", "app"]));
  });

  test("has one user and one database, the last of several", async () => {
    const more = [
      ["user", "second"],
      ["database", "other"],
    ] as const;
    expect(await passedOn("app", "shop", more)).toBe(packet(["user", "second"], ["database", "other"]));
  });

  test("has what the client wants of it, and nothing of the protocol that is spoken here", async () => {
    const wanted = [
      ["options", "-c search_path=evil"],
      ["search_path", "evil"],
      ["role", "postgres"],
      ["search_path", "twice"],
    ] as const;
    expect(await passedOn("app", "shop", [["_pq_.evil", "1"], ...wanted])).toBe(
      packet(["user", "app"], ["database", "shop"], ...wanted),
    );
  });

  test.each([
    ["true", "", []],
    ["on", "shop", []],
    ["database", "shop", [["database", "shop"]]],
    ["off", "shop", [["database", "shop"]]],
  ] as const)("replication=%s, to database %j", async (replication, database, expected) => {
    const asked = replication === "database" ? "database" : "1";
    const passed = replication === "off" ? [] : ([["replication", asked]] as const);
    expect(await passedOn("app", database, [["replication", replication]])).toBe(
      packet(["user", "app"], ...expected, ...passed),
    );
  });
});

test("the log says where a session is, and who serves it there", async () => {
  await passedOn("app", "seen");
  expect(await gate.logged("database=seen")).toContain(
    `LOG:  connection authorized: user=app database=seen upstream=${fake.path} pid=4711 rule=`,
  );
});
