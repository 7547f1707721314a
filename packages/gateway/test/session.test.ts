import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { decodeDataRow, encodeQuery } from "@sallyport/wire";
import type { Message } from "@sallyport/wire";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { logIn } from "./raw-client.ts";
import type { LoggedIn } from "./raw-client.ts";

let server: TestPostgres;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ settings: { max_connections: "150" } });
  await run(server, setUp);
  const conf = "max_connections = 150\n";
  gate = await startGate(server, { hba: "host all all all scram-sha-256\n", conf });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** Messages up to the next ReadyForQuery. */
async function answer({ reader }: LoggedIn): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const message = await reader.readMessage(1_000_000_000, AbortSignal.timeout(30_000));
    messages.push(message);
    if (message.type === "Z") return messages;
  }
}

function firstColumn(messages: readonly Message[]): readonly (string | null | undefined)[] {
  return messages.flatMap(({ type, body }) => (type === "D" ? [decodeDataRow(body)[0]] : []));
}

function leave({ socket, reader }: LoggedIn): void {
  reader.release();
  socket.destroy();
}

function show(name: string): string[] {
  return ["-c", `show ${name}`];
}

describe("what the client sets reaches its session", () => {
  test("by its own parameters and by options", async () => {
    const env = { PGAPPNAME: "till", PGCLIENTENCODING: "LATIN1", PGDATESTYLE: "German" };
    const names = ["application_name", "client_encoding", "datestyle"].flatMap(show);
    expect((await gate.psql("app", names, { env })).stdout).toBe("till\nLATIN1\nGerman, DMY\n");
    const options = { PGOPTIONS: '-c work_mem=5MB -c search_path="a\\ b"' };
    const more = ["work_mem", "search_path"].flatMap(show);
    expect((await gate.psql("app", more, { env: options })).stdout).toBe('5MB\n"a b"\n');
  });

  test("and never the catalogue's", async () => {
    const env = { PGOPTIONS: "-c search_path=evil -c role=app -c statement_timeout=1" };
    await gate.psql("app", ["-c", "select 1"], { env });
    const query = "select usename from pg_stat_activity where application_name = 'sallyport catalogue'";
    expect(await run(server, [query])).toBe("sallyport");
    expect((await gate.psql("app", ["-c", "select 1"])).stdout).toBe("1\n");
  });
});

describe("bytes pass both ways as they are", () => {
  const rows = 200_000;

  test("out: a large result", async () => {
    const sql = `select repeat('x', 40) || n from generate_series(1, ${rows}) n`;
    const { stdout } = await gate.psql("app", ["-c", sql]);
    const lines = Array.from({ length: rows }, (_, n) => `${"x".repeat(40)}${n + 1}\n`);
    expect(stdout.length).toBeGreaterThan(8_000_000);
    expect(hash(stdout)).toBe(hash(lines.join("")));
  });

  test("in and out: COPY", async () => {
    const input = Array.from({ length: rows }, (_, n) => `${n}\t${"y".repeat(n % 50)}\n`).join("");
    const copies = ["create temp table t (n int, v text)", "copy t from stdin", "copy t to stdout"];
    const { stdout, stderr } = await gate.psql("app", ["-q", ...copies.flatMap((sql) => ["-c", sql])], {
      input,
    });
    expect(stderr).toBe("");
    expect(stdout.length).toBeGreaterThan(5_000_000);
    expect(hash(stdout)).toBe(hash(input));
  });

  test("a query right behind the password, before the session is open", async () => {
    const client = await logIn(gate.tcp, { user: "app" }, encodeQuery("select 'early'"));
    expect(client.replies.at(-1)?.kind).toBe("Z");
    expect(firstColumn(await answer(client))).toEqual(["early"]);
    leave(client);
  });

  test("a notification that nobody asked for at that moment", async () => {
    const client = await logIn(gate.tcp, { user: "app" });
    client.socket.write(encodeQuery("listen bell"));
    await answer(client);
    await gate.psql("app", ["-c", "notify bell, 'ding'"]);
    const { type, body } = await client.reader.readMessage(1000, AbortSignal.timeout(10_000));
    expect([type, body.toString("latin1", 4)]).toEqual(["A", "bell\0ding\0"]);
    leave(client);
  });

  test("an error in the middle leaves the session whole", async () => {
    const args = ["-c", "select 1/0", "-c", "select 'on'"];
    const { stdout, stderr } = await gate.psql("app", args);
    expect([stderr, stdout]).toEqual(["ERROR:  division by zero\n", "on\n"]);
  });
});

describe("many and slow clients", () => {
  test("a hundred logins at once all come in, each as itself", async () => {
    const all = Array.from({ length: 100 }, (_, n) => String(n));
    const answers = await Promise.all(
      all.map(async (n) => {
        const client = await logIn(gate.tcp, { user: "app" }, encodeQuery(`select ${n}`));
        const [row] = firstColumn(await answer(client));
        leave(client);
        return row;
      }),
    );
    expect(answers).toEqual(all);
  });

  test("who does not read holds the upstream up, fills no memory, and still gets all", async () => {
    const megabytes = 300;
    const client = await logIn(gate.tcp, { user: "app" });
    const before = process.memoryUsage.rss();
    client.socket.write(encodeQuery(`select repeat('z', 1000000) from generate_series(1, ${megabytes})`));
    // The upstream is stuck once it waits for the gateway to read.
    const waits = `select count(*) from pg_stat_activity where wait_event = 'ClientWrite' and usename = 'app'`;
    await server.psql([
      "-c",
      `do $$ begin
      for i in 1..1000 loop
        perform pg_stat_clear_snapshot(), pg_sleep(0.01);
        exit when (${waits}) = 1;
      end loop; end $$`,
    ]);
    expect(await run(server, [waits])).toBe("1");
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
    let rows = 0;
    for (;;) {
      const { type, body } = await client.reader.readMessage(2_000_000, AbortSignal.timeout(30_000));
      if (type === "D" && body.length === 1_000_006) rows += 1;
      if (type === "Z") break;
    }
    expect(rows).toBe(megabytes);
    leave(client);
  });
});

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
