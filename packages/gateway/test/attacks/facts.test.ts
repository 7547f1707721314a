import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { Target } from "../raw-client.ts";
import { converse, outline } from "./conversation.ts";
import { startup } from "./lines.ts";

/** Attempts over TCP, from 127.0.0.1 as `app` in `shop` unless they say otherwise. */
interface Attempt {
  readonly user?: string;
  readonly database?: string;
  readonly from?: string;
}

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres({ tcp: true });
  await run(server, [
    ...setUp,
    ...["allx", "lee", "mo", "kim", "ALL", "sameuser", "staff", "+staff", "@names.txt", "replication"].map(
      (name) => `create role "${name}" login`,
    ),
    "grant staff to kim",
    "create database replication",
    'create database "@names.txt"',
  ]);
});

afterAll(async () => {
  await server?.stop();
});

/** Which attempts a line lets in, at the gate and at the server alike; null: neither would load it. */
async function letIn(line: string, attempts: readonly Attempt[]): Promise<readonly boolean[] | null> {
  const names = 'lee mo # comment\n\n"kim"\n';
  await server.writeFile("names.txt", names);
  await server.writeFile("pg_hba.conf", `local all all trust\n${line}\nhost all all all reject\n`);
  const refused = (await server.reload()).includes("was not reloaded");
  const hba = `${line}\nhost all all all reject\n`;
  const started = await startGate(server, { hba, files: { "names.txt": names } }).catch(() => null);
  expect(started === null).toBe(refused);
  if (started === null) return null;
  await using gate = started;
  const answers: boolean[] = [];
  for (const { user = "app", database = "shop", from = "127.0.0.1" } of attempts) {
    const door = (port: number): Target => ({
      host: from.includes(":") ? "::1" : "127.0.0.1",
      port,
      ...(from.includes(":") ? {} : { localAddress: from }),
    });
    const ours = await converse(door(gate.port), [startup(user, database)]);
    const theirs = await converse(door(server.port), [startup(user, database)]);
    expect(outline(ours)).toEqual(outline(theirs));
    answers.push(!outline(ours).join().includes("pg_hba.conf rejects"));
  }
  return answers;
}

describe("an address that is written in an odd way means what it means to PostgreSQL", () => {
  const near: readonly Attempt[] = [{ from: "127.0.0.1" }, { from: "127.0.0.9" }, { from: "127.9.0.1" }];
  const cases: readonly (readonly [string, readonly boolean[]])[] = [
    ["127.1/16", [true, true, false]],
    ["0x7f.0.0.1/32", [true, false, false]],
    ["2130706433/32", [true, false, false]],
    ["0177.0.0.1/32", [true, false, false]],
    ["0127.0.0.1/32", [false, false, false]],
    ["127.0.0.1/032", [true, false, false]],
    ["127.0.0.1/+32", [true, false, false]],
    ["127.0.0.77 255.0.255.0", [true, true, true]],
    ["127.0.1.77 255.0.255.0", [false, false, false]],
    ["::ffff:127.0.0.1/128", [false, false, false]],
    ["::/0", [false, false, false]],
    ["0.0.0.0/0", [true, true, true]],
  ];
  test.for(cases)("%s", async ([address, expected]) => {
    expect(await letIn(`host all all ${address} trust`, near)).toEqual(expected);
  });

  test("and no family stands for the other: ::/0 is IPv6 alone, 0.0.0.0/0 IPv4 alone", async () => {
    const both: readonly Attempt[] = [{ from: "127.0.0.1" }, { from: "::1" }];
    expect(await letIn("host all all ::/0 trust", both)).toEqual([false, true]);
    expect(await letIn("host all all 0.0.0.0/0 trust", both)).toEqual([true, false]);
  });

  test("a comma behind it is a mistake that keeps the file from being loaded", async () => {
    expect(await letIn("host all all 127.0.0.1/32, trust", [])).toBeNull();
  });
});

describe("a word that looks like a keyword, and is none", () => {
  const as = (...users: readonly string[]): readonly Attempt[] => users.map((user) => ({ user }));
  const cases: readonly (readonly [string, string, readonly Attempt[], readonly boolean[]])[] = [
    ['"all"x is the name allx', 'host all "all"x all trust', as("allx", "app"), [true, false]],
    ['"host" and "trust" in quotes are words as without', '"host" all app all "trust"', as("app"), [true]],
    ["two commas are one", "host all lee,,mo all trust", as("lee", "mo", "app"), [true, true, false]],
    ["ALL is a name", "host all ALL all trust", as("ALL", "app"), [true, false]],
    [
      "sameuser is a name among the users",
      "host all sameuser all trust",
      as("sameuser", "app"),
      [true, false],
    ],
    ['"+staff" is a name', 'host all "+staff" all trust', as("+staff", "kim"), [true, false]],
    ["+staff are its members", "host all +staff all trust", as("+staff", "kim"), [false, true]],
    ['"@names.txt" is a name', 'host all "@names.txt" all trust', as("@names.txt", "lee"), [true, false]],
    [
      "@names.txt is a file",
      "host all @names.txt all trust",
      as("lee", "mo", "kim", "app"),
      [true, true, true, false],
    ],
    [
      "replication is no database of that name",
      "host replication all all trust",
      [{ database: "replication" }],
      [false],
    ],
    ['"replication" is one', 'host "replication" all all trust', [{ database: "replication" }], [true]],
  ];
  test.for(cases)("%s", async ([, line, attempts, expected]) => {
    expect(await letIn(line, attempts)).toEqual(expected);
  });

  test("a comma and a blank join the next column, which breaks the line", async () => {
    expect(await letIn("host all, app all trust", [])).toBeNull();
  });
});

describe("a line that is not understood is never passed over", () => {
  const lines = [
    "host all bob all reject foo=bar",
    "host all +staff all reject nonsense",
    "host all all all",
    "host all all 127.0.0.1/33 trust",
    "hsot all all all reject",
  ];
  test.for(lines)("%s: the file is not run, by neither", async (line) => {
    expect(await letIn(`${line}\nhost all all all trust`, [])).toBeNull();
  });
});
