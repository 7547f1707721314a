import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import type { Client as PgClient, QueryConfig } from "pg";
import type { Sql } from "postgres";
import type { Login } from "./clients/client.ts";
import { debianPrograms, libpq15, libpq18 } from "./clients/libpq.ts";
import { connectPg } from "./clients/node-postgres.ts";
import { connectPostgresJs } from "./clients/postgres-js.ts";
import { environment } from "./clients/psql.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

let server: TestPostgres;
let gate: TestGate;
let app: Login;

/** How often the statement with the word twice, prepared in this session, has been executed. */
const executions =
  "select generic_plans + custom_plans from pg_prepared_statements where statement ~ 'twic[e]'";

beforeAll(async () => {
  server = await startPostgres();
  await run(server, setUp);
  gate = await startGate(server, { hba: "host all all all scram-sha-256\n" });
  app = { host: "127.0.0.1", port: gate.port, user: "app", database: "shop", password: "app-secret" };
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

// psql 15 cannot bind a parameter, but pgbench, on the same library, can.
describe.for([libpq15, libpq18])("the extended protocol of $name", (libpq) => {
  /** Has pgbench run a script five times in one session; its complaints, or how often it came to the end. */
  async function pgbench(mode: "extended" | "prepared", ...script: string[]): Promise<string> {
    await using directory = await tempDirectory();
    const file = join(directory.path, "script");
    await writeFile(file, `${script.join("\n")}\n`);
    const args = ["--no-vacuum", "-M", mode, "-t", "5", "-f", file];
    const env = { ...environment(app), ...libpq.environment };
    const { status, stdout, stderr } = await command(join(debianPrograms, "pgbench"), args, { env });
    return status === 0 ? (/actually processed: (.*)/.exec(stdout)?.[1] ?? "") : stderr;
  }

  test.for(["extended", "prepared"] as const)("binds parameters, -M %s", async (mode) => {
    const script = [
      String.raw`\set n random(1, 1000)`,
      String.raw`select :n::int + :n::int as twice \gset`,
      "select 1 / (case when :twice::int = 2 * :n::int then 1 else 0 end);",
    ];
    expect(await pgbench(mode, ...script)).toBe("5/5");
  });

  test("executes a statement many times that it has prepared once", async () => {
    await gate.psql("app", ["-c", "create table seen (executions int)"]);
    await pgbench(
      "prepared",
      String.raw`\set n 21`,
      "select 2 * :n::int as twice;",
      `insert into seen ${executions};`,
    );
    const { stdout } = await gate.psql("app", ["-c", "table seen", "-c", "drop table seen"]);
    expect(stdout).toBe("1\n2\n3\n4\n5\nDROP TABLE\n");
  });

  test("is told of an error", async () => {
    expect(await pgbench("prepared", String.raw`\set n 0`, "select 1 / :n::int;")).toContain(
      "ERROR:  division by zero",
    );
  });

  test("sends many statements before it reads an answer", async () => {
    const many = Array.from({ length: 100 }, (_, n) => `select ${n} + :n::int;`);
    const script = [String.raw`\set n 1`, String.raw`\startpipeline`, ...many, String.raw`\endpipeline`];
    expect(await pgbench("extended", ...script)).toBe("5/5");
  });
});

describe("the extended protocol of node-postgres", () => {
  let client: PgClient;
  beforeAll(async () => {
    client = await connectPg(app);
  });
  afterAll(async () => {
    await client.end();
  });

  async function rows(config: QueryConfig): Promise<readonly (readonly unknown[])[]> {
    const answer = await client.query({ rowMode: "array", ...config });
    return "rows" in answer ? answer.rows : [];
  }

  test("binds parameters", async () => {
    const text = "select $1::int + $2::int, $3::text, $4::text";
    expect(await rows({ text, values: [40, 2, "O'Neill", null] })).toEqual([[42, "O'Neill", null]]);
  });

  test("executes a statement many times that it has prepared once", async () => {
    const doubled = async (n: number): Promise<unknown> =>
      (await rows({ name: "doubled", text: "select 2 * $1::int as twice", values: [n] }))[0]?.[0];
    expect([await doubled(1), await doubled(21), await doubled(300)]).toEqual([2, 42, 600]);
    expect(await rows({ text: executions })).toEqual([["3"]]);
  });

  test("fetches the rows of a portal a few at a time", async () => {
    const numbers = await rows({ text: "select generate_series(1, 100)", rows: 7 });
    expect(numbers.flat()).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  test("goes on after an error", async () => {
    await expect(rows({ text: "select 1 / $1::int", values: [0] })).rejects.toMatchObject({
      code: "22012",
      severity: "ERROR",
    });
    expect(await rows({ text: "select $1::text", values: ["on"] })).toEqual([["on"]]);
  });

  test("binds a parameter of 16 MB", async () => {
    const values = ["x".repeat(16_777_216)];
    expect(await rows({ text: "select length($1::text)", values })).toEqual([[16_777_216]]);
  });
});

describe("the extended protocol of postgres.js", () => {
  let sql: Sql;
  beforeAll(async () => {
    sql = await connectPostgresJs(app);
  });
  afterAll(async () => {
    await sql.end();
  });

  test("binds parameters", async () => {
    const answer =
      await sql`select ${40}::int + ${2}::int as sum, ${"O'Neill"} as name, ${null}::text as none`;
    expect(answer).toEqual([{ sum: 42, name: "O'Neill", none: null }]);
  });

  test("executes a statement many times that it has prepared once", async () => {
    const doubled = async (n: number): Promise<unknown> =>
      (await sql`select 2 * ${n}::int as twice`)[0]?.["twice"];
    expect([await doubled(1), await doubled(21), await doubled(300)]).toEqual([2, 42, 600]);
    expect((await sql.unsafe(executions).values()).flat()).toEqual(["3"]);
  });

  test("fetches the rows of a portal a few at a time", async () => {
    const sizes: number[] = [];
    for await (const some of sql`select generate_series(1, 100)`.cursor(30)) sizes.push(some.length);
    expect(sizes).toEqual([30, 30, 30, 10]);
  });

  test("leaves a portal in the middle, and goes on", async () => {
    for await (const [row] of sql`select generate_series(1, 1000000) as n`.cursor(10)) {
      expect(row).toEqual({ n: 1 });
      break;
    }
    expect(await sql`select 'on' as word`).toEqual([{ word: "on" }]);
  });

  test("sends many statements before it reads an answer", async () => {
    const numbers = Array.from({ length: 500 }, (_, n) => n);
    const answers = await Promise.all(numbers.map(async (n) => await sql`select ${n}::int as n`));
    expect(answers.map(([row]) => row?.["n"])).toEqual(numbers);
  });

  test("goes on after an error", async () => {
    await expect(sql`select 1 / ${0}::int`).rejects.toMatchObject({ code: "22012", severity: "ERROR" });
    expect(await sql`select ${"on"} as word`).toEqual([{ word: "on" }]);
  });
});
