import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { bob, explainRoom } from "./explain-room.ts";
import type { ExplainRoom } from "./explain-room.ts";

let room: ExplainRoom;

beforeAll(async () => {
  room = await explainRoom();
});

afterAll(async () => {
  await room?.[Symbol.asyncDispose]();
});

async function json(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await room.explain([...args, "--format", "json"])).stdout) as Record<string, unknown>;
}

describe("sallyport explain --format json", () => {
  const keys = "outcome sqlstate message detail rule mapping depends_on then server_version trace".split(" ");

  test.concurrent("has the keys of a decision", async ({ expect }) => {
    const refusal = await json(...bob);
    expect(Object.keys(refusal)).toEqual(keys);
    expect(refusal).toMatchObject({
      outcome: "no_entry",
      sqlstate: "28000",
      message: 'no pg_hba.conf entry for host "10.21.0.7", user "bob", database "billing", no encryption',
      rule: null,
      mapping: null,
      depends_on: [],
      then: [],
      server_version: 18,
    });
    const [first] = refusal["trace"] as Record<string, unknown>[];
    expect(first).toMatchObject({
      line_number: 2,
      matched: false,
      mismatch: "type",
      because: "this connection has no TLS",
    });
    expect(first?.["place"]).toMatchObject({ line_number: 2, column: 1, end_column: 8 });
  });

  test.concurrent("tells the outcomes apart", async ({ expect }) => {
    const local = ["-U", "app", "-d", "shop", "--local"];
    expect(await json(...bob, "--ssl")).toMatchObject({
      outcome: "authenticate",
      message: null,
      rule: { line_number: 2 },
    });
    expect(await json("-U", "intern", "--address", "::1")).toMatchObject({
      outcome: "reject",
      rule: { auth_method: "reject" },
    });
    expect(await json(...local, "--system-user", "bob")).toMatchObject({
      outcome: "refused",
      message: 'Peer authentication failed for user "app"',
      mapping: { map_name: "os", system_user: "bob", matched: false, line_number: null },
    });
    expect(await json(...local)).toMatchObject({
      outcome: "unknown",
      message: null,
      depends_on: [{ fact: "system_user", settle: "--system-user NAME" }],
    });
    expect(JSON.stringify(await json("-U", "x", "--address", "10.9.0.1"))).not.toContain("hunter2");
  });
});

describe("sallyport explain --batch", () => {
  test.concurrent("answers line for line, in order, and says which it could not read", async ({ expect }) => {
    const lines = [
      '{"user":"bob","database":"billing","address":"10.20.0.1","ssl":true}',
      "nonsense",
      '{"user":"intern","address":"127.0.0.1"}',
      '{"user":"bob","adress":"127.0.0.1"}',
      '{"user":"bob","address":"127.0.0.1","ssl":"yes"}',
      '{"user":"app","system_user":"alice"}',
    ];
    const { status, stdout } = await room.explain(["--batch", "-"], `${lines.join("\n")}\n`);
    expect(status).toBe(2);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers.map(({ outcome, error }) => outcome ?? error)).toEqual([
      "authenticate",
      expect.stringMatching(/^no JSON: /),
      "reject",
      expect.stringContaining('unknown key "adress"'),
      '"ssl" must be true or false',
      "authenticate",
    ]);
    expect(answers[0]).not.toHaveProperty("trace");
    expect(Object.keys(answers[1] ?? {})).toEqual(["error"]);
  });

  test.concurrent("exits 0 if every line was answered, whatever the answer", async ({ expect }) => {
    await writeFile(join(room.path, "batch.jsonl"), '{"user":"intern","address":"127.0.0.1"}');
    const { status, stdout } = await room.explain(["--batch", "batch.jsonl", "--trace"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "reject", trace: expect.any(Array) as unknown });
  });
});

describe("sallyport explain TEXT", () => {
  const words =
    'FATAL:  no pg_hba.conf entry for host "10.21.0.7", user "bob", database "billing", no encryption';

  test.concurrent("takes what psql printed", async ({ expect }) => {
    const pasted = `psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: ${words}`;
    expect(await room.explain([pasted])).toEqual(await room.explain(bob));
  });

  test.concurrent("takes a log from standard input", async ({ expect }) => {
    const log = `2026-11-22 10:00:00.000 UTC [17] LOG:  connection received: host=10.21.0.7 port=5\n2026-11-22 10:00:00.001 UTC [17] ${words}\n`;
    expect(await room.explain(["-"], log)).toEqual(await room.explain(bob));
  });

  test.concurrent("and nothing else", async ({ expect }) => {
    const { status, stderr } = await room.explain(["FATAL:  the database system is starting up"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^sallyport: error: this is no refusal by pg_hba\.conf\nHINT: {2}/);
  });
});

describe("sallyport explain refuses", () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    [
      "a file that a server would refuse",
      ["--hba", "bad.conf", ...bob],
      'DIR/bad.conf:1:15: error: invalid authentication method "scarm"\n    local all all scarm\n                  ^^^^^\n',
    ],
    ["an attempt from nowhere", ["-U", "bob"], "it is not said where the client comes from"],
    [
      "an attempt from two places",
      ["-U", "bob", "--local", "--address", "::1"],
      "--local and --address exclude each other",
    ],
    ["an attempt by nobody", ["--local"], "no user is given"],
    ["an address that is none", ["-U", "bob", "--address", "10.0.0.256"], '"10.0.0.256" is no IP address'],
    ["TLS on a Unix socket", ["-U", "bob", "--local", "--ssl"], "a Unix-domain socket is never encrypted"],
    [
      "roles that are nowhere",
      [...bob, "--roles", "missing.json"],
      "--roles missing.json: neither a file nor a connection string",
    ],
  ];
  test.concurrent.for(wrong)("%s", async ([, args, message], { expect }) => {
    const { status, stdout, stderr } = await room.explain(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
