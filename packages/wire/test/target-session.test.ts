/** `target_session_attrs` with a real primary and a real standby. */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, decodeParameterStatus, encodeMessage, MessageReader, openSession } from "../src/index.ts";
import type { ConnectionOptions, OpenedSession } from "../src/index.ts";

const hba = "local all all trust\nlocal replication all trust\n";
let primary: TestPostgres;
let standby: TestPostgres;
let room: TempDirectory;

beforeAll(async () => {
  [primary, standby, room] = await Promise.all([
    startPostgres({ hba }),
    startPostgres({ hba, files: { "standby.signal": "" } }),
    tempDirectory(),
  ]);
});
afterAll(async () => {
  await primary?.stop();
  await standby?.stop();
  await room?.remove();
});

async function open(
  directories: readonly string[],
  attributes: string,
  more: Partial<ConnectionOptions> = {},
): Promise<OpenedSession> {
  const hosts = directories.map((host) => ({ host, port: 5432 }));
  const settings = new Map([["target_session_attrs", attributes]]);
  const options = { hosts, user: "postgres", database: "postgres", settings, ...more };
  return await openSession(options, AbortSignal.timeout(20_000));
}

/** Which server the session is on, asked over the session itself. */
async function recovering(session: OpenedSession): Promise<string | null | undefined> {
  const client = new Client(session);
  const { rows } = await client.query("select pg_is_in_recovery()");
  await client.close();
  return rows[0]?.[0];
}

describe("of two servers that report what they are", () => {
  test.each([
    ["any", "f", "t"],
    ["read-write", "f", "f"],
    ["read-only", "t", "t"],
    ["primary", "f", "f"],
    ["standby", "t", "t"],
    ["prefer-standby", "t", "t"],
  ])("%s", async (attributes, primaryFirst, standbyFirst) => {
    const [one, two] = [primary.socketDirectory, standby.socketDirectory];
    expect(await recovering(await open([one, two], attributes))).toBe(primaryFirst);
    expect(await recovering(await open([two, one], attributes))).toBe(standbyFirst);
  });

  test("a session that is read-only by what we ask of it is no read-write one", async () => {
    const parameters = [["default_transaction_read_only", "on"]] as const;
    const opening = open([primary.socketDirectory], "read-write", { parameters });
    await expect(opening).rejects.toMatchObject({
      code: "unwanted_session",
      message: `connection to server on socket "${primary.paths.socket}" failed: session is read-only`,
    });
    const session = await open([primary.socketDirectory], "primary", { parameters });
    expect(await recovering(session)).toBe("f");
  });

  test("a session that is not wanted is ended in order", async () => {
    await expect(open([standby.socketDirectory], "primary")).rejects.toMatchObject({
      message: `connection to server on socket "${standby.paths.socket}" failed: server is in hot standby mode`,
    });
    await expect(open([primary.socketDirectory], "standby")).rejects.toMatchObject({
      message: `connection to server on socket "${primary.paths.socket}" failed: server is not in hot standby mode`,
    });
    expect((await standby.log()) + (await primary.log())).not.toMatch(/unexpected EOF|could not receive/);
  });

  test("walsenders report it, too", async () => {
    const parameters = [["replication", "true"]] as const;
    const hosts = [primary.socketDirectory, standby.socketDirectory];
    const session = await open(hosts, "standby", { database: "", parameters });
    expect(session.target.host).toBe(standby.socketDirectory);
    session.stream.destroy();
  });
});

/** What a server said in place of its reports: it looks to us as one before 14 would, and answers as itself. */
const unreported = new Set(["in_hot_standby", "default_transaction_read_only"]);

/** The directory of a server whose reports are kept from us. */
async function older(server: TestPostgres, name: string): Promise<AsyncDisposable & { directory: string }> {
  const directory = join(room.path, name);
  const proxy = createServer((client) => {
    const real = connect(server.paths.socket);
    client.on("error", () => real.destroy()).on("close", () => real.destroy());
    client.pipe(real.on("error", () => client.destroy()));
    const reader = new MessageReader(real);
    const pass = async (): Promise<void> => {
      for (;;) {
        const { type, body } = await reader.readMessage(100_000);
        if (type !== "S" || !unreported.has(decodeParameterStatus(body).name)) {
          client.write(encodeMessage(type, body));
        }
      }
    };
    pass().catch(() => client.end());
  });
  await mkdir(directory);
  proxy.listen(join(directory, ".s.PGSQL.5432"));
  await once(proxy, "listening");
  return {
    directory,
    [Symbol.asyncDispose]: async () => {
      const closed = once(proxy, "close");
      proxy.close();
      await closed;
    },
  };
}

describe("of two servers that have to be asked", () => {
  test.each([
    ["read-write", "f"],
    ["read-only", "t"],
    ["primary", "f"],
    ["standby", "t"],
    ["prefer-standby", "t"],
  ])("%s", async (attributes, expected) => {
    await using one = await older(primary, `${attributes}-primary`);
    await using two = await older(standby, `${attributes}-standby`);
    for (const hosts of [
      [one.directory, two.directory],
      [two.directory, one.directory],
    ]) {
      const session = await open(hosts, attributes);
      const greeted = session.greetings.map(({ kind }) => kind);
      expect(greeted).toEqual([...session.parameters.map(() => "parameter"), "key"]);
      expect(session).toMatchObject({ status: "I", rest: Buffer.alloc(0) });
      expect(session.stream.listenerCount("error")).toBe(1);
      expect(await recovering(session)).toBe(expected);
    }
  });

  test("a physical walsender can say whether it is read-only, and not whether it is a standby", async () => {
    await using one = await older(standby, "walsender");
    const more = { database: "", parameters: [["replication", "true"]] as const };
    const session = await open([one.directory], "read-only", more);
    session.stream.destroy();
    await expect(open([one.directory], "standby", more)).rejects.toMatchObject({
      code: "unwanted_session",
      message: `connection to server on socket "${one.directory}/.s.PGSQL.5432" failed: ERROR:  cannot execute SQL commands in WAL sender for physical replication\n"SELECT pg_is_in_recovery()" failed`,
    });
  });
});
