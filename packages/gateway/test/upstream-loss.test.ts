import { writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { encodeMessage, encodeQuery } from "@sallyport/wire";
import { errorResponse } from "./fake-upstream.ts";
import { run, setUp, startGate, until } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { logIn, repliesTo, repliesUntilEnd } from "./raw-client.ts";
import type { LoggedIn } from "./raw-client.ts";
import { upstreamProxy } from "./upstream-proxy.ts";
import type { Link, UpstreamProxy } from "./upstream-proxy.ts";

const hba = "host all all all trust\n";
const notAccepting = ["57P03", "the database system is not accepting connections"];
const lost = ["57P01", "terminating connection due to unexpected postmaster exit"];

let server: TestPostgres;
let proxy: UpstreamProxy;
let room: TempDirectory;
let gate: TestGate;

beforeAll(async () => {
  server = await startPostgres({ hba: "local all postgres,sallyport trust\nlocal all all scram-sha-256\n" });
  room = await tempDirectory();
  await run(server, setUp);
  await server.psql(["-d", "shop", "-c", "create table t (v text)", "-c", "grant all on t to app"]);
  await writeFile(join(room.path, "pgpass"), "*:*:*:app:app-secret\n", { mode: 0o600 });
  proxy = await upstreamProxy(server);
  // One slot: whoever comes after a loss has that of the one who was lost.
  gate = await startGate(server, {
    hba,
    upstream: `${proxy.conninfo} passfile=${room.path}/pgpass connect_timeout=3`,
    // Each login is to open a session of its own.
    conf: "max_connections = 1\nsuperuser_reserved_connections = 0\npool_mode = off\n",
  });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
  await server?.stop();
  await room?.remove();
});

beforeEach(() => {
  proxy.judge = () => "pass";
});

/** Nobody is in the house, nothing is open towards the upstream but the catalogue's session, and the next may come. */
async function expectEmpty(): Promise<void> {
  proxy.judge = () => "pass";
  await until("an empty house", () => gate.gateway.guestBook.visits.length === 0);
  await until("no session", () => [...proxy.links].every(({ catalogue }) => catalogue));
  const replies = await repliesTo(gate.tcp, { user: "app" });
  expect(replies.at(-1)?.kind).toBe("Z");
  await until("an empty house again", () => gate.gateway.guestBook.visits.length === 0);
}

/** Kinds of all messages up to the end of the connection, and the words of the last one. */
async function heardUntilEnd({
  reader,
}: LoggedIn): Promise<{ readonly kinds: string; readonly words: readonly string[] }> {
  const replies = await repliesUntilEnd(reader);
  return { kinds: replies.map(({ kind }) => kind).join(""), words: replies.at(-1)?.words ?? [] };
}

async function enter(login = { user: "app" }): Promise<LoggedIn> {
  const session = await logIn(gate.tcp, login);
  expect(session.replies.at(-1)?.kind).toBe("Z");
  return session;
}

/** What the log has of a loss, from here on. */
function causes(from: number): string {
  return gate.log().slice(from);
}

const breaks = ["fin", "rst"] as const;

describe("on the way in", () => {
  /** Bytes of the server: of its SASL request, its challenge, its acceptance, the first of its settings. */
  const stages = [
    ["at the startup packet", 0],
    ["within its first message", 10],
    ["at its SASL request", 24],
    ["within its challenge", 60],
    ["at its acceptance", 180],
    ["in the middle of its greetings", 400],
  ] as const;
  test.for(stages.flatMap(([stage, after]) => breaks.map((how) => [stage, how, after] as const)))(
    "%s, by %s: the client hears 57P03, and the log the cause",
    async ([, how, after]) => {
      proxy.judge = ({ catalogue }) => (catalogue ? "pass" : { break: how, after });
      const from = gate.log().length;
      const replies = await repliesTo(gate.tcp, { user: "app" });
      expect(replies.map(({ kind }) => kind)).toEqual(["R 0", "E"]);
      expect(replies.at(-1)?.words).toEqual(notAccepting);
      expect(causes(from)).toMatch(
        /DETAIL: {2}The session of role "app" cannot be opened upstream: .*(?:closed|reset|ECONNRESET|failed)/,
      );
      await expectEmpty();
    },
  );

  test.for([0, 60, 400])("silence behind %s bytes ends at connect_timeout", async (after) => {
    proxy.judge = ({ catalogue }) => (catalogue ? "pass" : { break: "silence", after });
    const from = gate.log().length;
    const replies = await repliesTo(gate.tcp, { user: "app" });
    expect(replies.at(-1)?.words).toEqual(notAccepting);
    expect(causes(from)).toMatch(/DETAIL: .*tim(?:ed out|eout)/i);
    await expectEmpty();
  });

  test("nobody there: so it is for everybody, until somebody is", async () => {
    await proxy.shut();
    const from = gate.log().length;
    for (let time = 0; time < 3; time += 1) {
      expect((await repliesTo(gate.tcp, { user: "app" })).at(-1)?.words).toEqual(notAccepting);
    }
    expect(causes(from)).toContain("The catalogue cannot be asked: ");
    expect(causes(from)).toContain("Connection refused".toLowerCase());
    await proxy.open();
    await expectEmpty();
  });
});

describe("in a session", () => {
  const large = encodeQuery("select repeat('x', 1000) from generate_series(1, 100000)");
  const moments: readonly (readonly [string, Buffer, string])[] = [
    ["idle", Buffer.of(), ""],
    ["in a query", encodeQuery("select pg_sleep(60)"), ""],
    ["in a result", large, "T"],
    ["in COPY to the client", encodeQuery("copy (select * from generate_series(1, 1000000)) to stdout"), "H"],
    [
      "in COPY from the client",
      Buffer.concat([encodeQuery("copy t from stdin"), encodeMessage("d", Buffer.from("row\n"))]),
      "G",
    ],
    ["in a transaction", encodeQuery("begin; insert into t values ('never')"), "C"],
  ];
  test.for(
    moments.flatMap(([moment, say, first]) => breaks.map((how) => [moment, how, say, first] as const)),
  )(
    "%s, by %s: the client hears 57P01 between two messages, and the log the cause",
    async ([, how, say, first]) => {
      const session = await enter();
      const link = [...proxy.links].find(({ catalogue }) => !catalogue);
      const [before, from] = [link?.heard() ?? 0, gate.log().length];
      const said = (link?.said() ?? 0) + say.length;
      if (say.length > 0) session.socket.write(say);
      await until("the request", () => (link?.said() ?? 0) >= said);
      if (first !== "") await until("an answer", () => (link?.heard() ?? 0) > before);
      link?.break(how);
      const { kinds, words } = await heardUntilEnd(session);
      expect(kinds).toMatch(new RegExp(`^${first}.*E$`));
      expect(words).toEqual(lost);
      expect(causes(from)).toMatch(
        /57P01 FATAL: {2}terminating connection due to unexpected postmaster exit\n.*DETAIL: {2}(?:The upstream closed the connection\.|The connection to the upstream broke: .*ECONNRESET)/,
      );
      session.reader.release();
      session.socket.destroy();
      await expectEmpty();
      // A backend that is at work may not have noticed yet: what it would still do is not done.
      await run(server, [
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'app'",
      ]);
      expect((await server.psql(["-d", "shop", "-c", "select count(*) from t"])).stdout).toBe("0\n");
    },
  );
});

describe("the catalogue's session", () => {
  const catalogueLink = (): Link | undefined => [...proxy.links].find(({ catalogue }) => catalogue);

  test.for(breaks)("lost by %s: the next login opens another, and many at once the same", async (how) => {
    await expectEmpty();
    catalogueLink()?.break(how);
    await until("the loss", () => proxy.links.size === 0);
    await until("a way in", async () => (await repliesTo(gate.tcp, { user: "app" })).at(-1)?.kind === "Z");
    const many = await Promise.all(
      Array.from({ length: 3 }, async () => await repliesTo(gate.tcp, { user: "nobody" })),
    );
    expect(new Set(many.map((replies) => replies.at(-1)?.kind))).toEqual(new Set(["E"]));
    expect([...proxy.links].filter(({ catalogue }) => catalogue)).toHaveLength(1);
    await expectEmpty();
  });

  test("gone silent: a login waits for it ten seconds, and the next one opens another", async () => {
    await expectEmpty();
    proxy.judge = ({ catalogue }) => (catalogue ? { break: "silence" } : "pass");
    const from = gate.log().length;
    expect((await repliesTo(gate.tcp, { user: "app" })).at(-1)?.words).toEqual(notAccepting);
    expect(causes(from)).toContain(
      "The catalogue cannot be asked: no answer from the server within 10000 ms",
    );
    await expectEmpty();
  });

  test.for([
    ["the database system is starting up", "the database system is starting up"],
    ["words of its own", "the database system is not accepting connections"],
  ] as const)("refused for now by %j: the client hears %j", async ([words, heard]) => {
    await using directory = await tempDirectory();
    let starting = false;
    const fake = createServer((socket) => {
      socket.on("error", () => undefined);
      if (starting) socket.end(errorResponse({ C: "57P03", M: words }));
      else socket.pipe(connect(server.paths.socket)).pipe(socket);
    });
    await new Promise<void>((resolve) => fake.listen(join(directory.path, ".s.PGSQL.5432"), resolve));
    const upstream = `host=${directory.path} port=5432 user=sallyport dbname=postgres`;
    const before = await startGate(server, { hba, upstream });
    starting = true;
    await run(server, [
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport catalogue'",
    ]);
    const said = async (): Promise<readonly string[]> =>
      (await repliesTo(before.tcp, { user: "app" })).at(-1)?.words ?? [];
    // The first to come may be the one who learns that the session was ended; the next ask for another.
    await until("a refusal", async () => {
      await said();
      return before.log().includes(`DETAIL:  The catalogue cannot be asked: ${words}`);
    });
    expect(await said()).toEqual(["57P03", heard]);
    await before[Symbol.asyncDispose]();
    fake.close();
  });
});
