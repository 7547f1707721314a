import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, logIn, repliesTo } from "./raw-client.ts";
import type { Login, Target } from "./raw-client.ts";

const hba = "host all all all scram-sha-256\nhost replication all all scram-sha-256\n";

let server: TestPostgres;
let gate: TestGate;
/** The PostgreSQL server itself, which asks for the same proof. */
let direct: Target;

beforeAll(async () => {
  server = await startPostgres({
    tcp: true,
    hba: `local all all trust\nlocal replication all trust\n${hba}`,
  });
  await run(server, [
    ...setUp,
    "create role nologin password 'nologin-secret'",
    "create role crowded login password 'crowded-secret' connection limit 1",
    "create role full login password 'full-secret' connection limit 0",
    "create database closed allow_connections false",
    "create database private",
    "revoke connect on database private from public",
    "create database narrow connection limit 0",
    "create role set login password 'set-secret'",
    "alter role set set work_mem = '3MB'",
  ]);
  direct = { host: "127.0.0.1", port: server.port };
  gate = await startGate(server, { hba });
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

const refusals: readonly (readonly [string, Login, sqlstate: string])[] = [
  ["a role without LOGIN", { user: "nologin" }, "28000"],
  ["a role without LOGIN, and no such database", { user: "nologin", database: "nowhere" }, "28000"],
  ["a database that does not exist", { user: "app", database: "nowhere" }, "3D000"],
  ["a database whose name looks like a connection string", { user: "app", database: "dbname=shop" }, "3D000"],
  ["a database that takes no connections", { user: "app", database: "closed" }, "55000"],
  ["a database without CONNECT for the role", { user: "app", database: "private" }, "42501"],
  ["a database that is full", { user: "app", database: "narrow" }, "53300"],
  ["a role that has no connection left", { user: "full" }, "53300"],
  ["a setting that is not known", { user: "app", parameters: [["no_such_thing", "1"]] }, "42704"],
  [
    "a setting that is not known, in options",
    { user: "app", parameters: [["options", "-c nothing=1"]] },
    "42704",
  ],
  ["a value that is out of range", { user: "app", parameters: [["work_mem", "1"]] }, "22023"],
  ["a setting for superusers", { user: "app", parameters: [["log_statement", "all"]] }, "42501"],
  ["an encoding that is none", { user: "app", parameters: [["client_encoding", "martian"]] }, "22023"],
  ["a switch that is none", { user: "app", parameters: [["options", "-Z"]] }, "42601"],
  [
    "logical replication without the right",
    { user: "app", parameters: [["replication", "database"]] },
    "42501",
  ],
  ["physical replication without the right", { user: "app", parameters: [["replication", "on"]] }, "42501"],
];

describe("after the proof the refusal is the server's own, message for message", () => {
  test.for(refusals)("%s", async ([, login, sqlstate]) => {
    const [ours, theirs] = [await repliesTo(gate.tcp, login), await repliesTo(direct, login)];
    expect(heardIn(ours)).toEqual(heardIn(theirs));
    expect(ours.map(({ kind }) => kind)).toEqual(["R 10", "R 11", "R 12", "R 0", "E"]);
    expect(ours.at(-1)?.words[0]).toBe(sqlstate);
    expect(ours.at(-1)?.body.equals(theirs.at(-1)?.body ?? Buffer.of())).toBe(true);
  });

  test("a role whose one connection is taken", async () => {
    const first = await logIn(gate.tcp, { user: "crowded" });
    expect(first.replies.at(-1)?.kind).toBe("Z");
    const [ours, theirs] = [
      await repliesTo(gate.tcp, { user: "crowded" }),
      await repliesTo(direct, { user: "crowded" }),
    ];
    expect(heardIn(ours)).toEqual(heardIn(theirs));
    expect(ours.at(-1)?.words).toEqual(["53300", 'too many connections for role "crowded"']);
    first.reader.release();
    first.socket.destroy();
  });

  test("it stands in the log as in the server's", async () => {
    await repliesTo(gate.tcp, { user: "app", database: "private" });
    const entry = await gate.logged('42501 FATAL:  permission denied for database "private"');
    expect(entry).toContain("DETAIL:  User does not have CONNECT privilege.\n");
  });

  test("and before the proof nothing of it is heard", async () => {
    for (const [, login] of refusals) {
      const replies = await repliesTo(gate.tcp, { ...login, password: "wrong" });
      expect(heardIn(replies).slice(2)).toEqual([
        ["E", "28P01", `password authentication failed for user "${login.user}"`],
      ]);
    }
  });
});

describe("a session begins as the server's own does", () => {
  const login: Login = {
    user: "set",
    parameters: [
      ["application_name", "till"],
      ["DateStyle", "German"],
    ],
  };

  test("with the same parameters, whatever the order", async () => {
    const said = async (target: Target): Promise<string[]> => {
      const replies = await repliesTo(target, login);
      return replies.flatMap(({ kind, body }) => (kind === "S" ? [body.toString()] : [])).toSorted();
    };
    const [ours, theirs] = [await said(gate.tcp), await said(direct)];
    expect(ours).toEqual(theirs);
    expect(ours).toContain("application_name\0till\0");
    expect(ours.length).toBeGreaterThan(13);
  });

  test("with a key for cancelling, and ready", async () => {
    const replies = await repliesTo(gate.tcp, login);
    expect(replies.slice(-2).map(({ kind, length }) => [kind, length])).toEqual([
      ["K", 13],
      ["Z", 6],
    ]);
  });

  test("with the settings of the role", async () => {
    expect((await gate.psql("set", ["-c", "show work_mem"])).stdout).toBe("3MB\n");
  });
});
