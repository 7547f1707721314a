import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, startSlapd, tempDirectory } from "@sallyport/testkit";
import type { Slapd, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { run, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { converse, isIn, refusal } from "./attacks/conversation.ts";
import { loginLines, startup } from "./attacks/lines.ts";

// docs/upstream.md: each cell of its first table is a login, each row of its second one a question to the upstream.

const page = readFileSync(new URL("../../../docs/upstream.md", import.meta.url), "utf8");

/** The rows of the table below a heading, without its head; cells without their backquotes. */
function tableBelow(heading: string): string[][] {
  const [, section = ""] = page.split(`\n## ${heading}`);
  const [text = ""] = section.split("\n## ");
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => cellsOf(line));
}

function cellsOf(line: string): string[] {
  return line.slice(2, -2).replaceAll("`", "").split(" | ");
}

const osUser = userInfo().username;

/** The upstream asks by the database; the catalogue's role is let in, and so is the superuser. */
const upstreamHba = `local all postgres,sallyport trust
host all sallyport 127.0.0.1/32 trust
local nothing all trust
local scram all scram-sha-256
local five all md5
local clear all password
local peers all peer map=gate
host scram all 127.0.0.1/32 scram-sha-256
host clear all 127.0.0.1/32 password
`;

/** What a column is about: the database that asks for it, and the gate that goes there. */
const demands: Readonly<
  Record<string, { readonly database: string; readonly gate: "local" | "tcp" | "service" }>
> = {
  "asks for nothing": { database: "nothing", gate: "local" },
  "scram-sha-256": { database: "scram", gate: "local" },
  md5: { database: "five", gate: "local" },
  "password, private": { database: "clear", gate: "local" },
  "password, not private": { database: "clear", gate: "tcp" },
  service: { database: "five", gate: "service" },
};
const columns = Object.keys(demands);

const cells = tableBelow("What works").flatMap(([method = "", secret = "", ...outcomes]) =>
  outcomes.map((outcome, at) => ({ method, secret, column: columns[at] ?? "", outcome })),
);

const methods = ["scram-sha-256", "md5", "password", "ldap", "trust"];
const secrets = ["SCRAM", "MD5", "none"];

/** The role of a row: the gates ask it for the row's method. */
function roleOf(method: string, secret: string): string {
  const name = method.replace(/,.*/, "").replace("scram-sha-256", "scram");
  return `${name}_${secret.toLowerCase()}`;
}

function gateHba(ldapPort: number): string {
  const lines = methods.map((method) => {
    const roles = secrets.map((secret) => roleOf(method, secret));
    const options =
      method === "ldap"
        ? ` ldapserver=127.0.0.1 ldapport=${ldapPort} ldapprefix="uid=" ldapsuffix=",dc=example,dc=net"`
        : "";
    return `host all ${roles.join(",")} all ${method}${options}\n`;
  });
  return `${lines.join("")}local all peer_scram peer map=os\n`;
}

/** People of the directory, whose passwords are those that the upstream has of them, if it has any. */
const people = secrets.map((secret) => {
  const uid = roleOf("ldap", secret);
  return `dn: uid=${uid},dc=example,dc=net
objectClass: account
objectClass: simpleSecurityObject
uid: ${uid}
userPassword: ${uid}-secret
`;
});

let server: TestPostgres;
let directory: Slapd;
let room: TempDirectory;
const gates = new Map<string, TestGate>();

beforeAll(async () => {
  [server, room, directory] = await Promise.all([
    startPostgres({ tcp: true, hba: upstreamHba, ident: `gate ${osUser} all\n` }),
    tempDirectory(),
    startSlapd({ ldif: people.join("\n") }),
  ]);
  const hba = gateHba(directory.port);
  const roles = [...methods, "peer"].flatMap((method) =>
    secrets.map((secret) => ({ name: roleOf(method, secret), secret })),
  );
  await run(server, [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    ...["nothing", "scram", "five", "clear", "peers"].map((name) => `create database ${name}`),
    ...roles.map(({ name, secret }) => {
      const encryption = secret === "MD5" ? "md5" : "scram-sha-256";
      const password = secret === "none" ? "" : ` password '${name}-secret'`;
      return `set password_encryption = '${encryption}'; create role ${name} login${password}`;
    }),
  ]);
  const passfile = join(room.path, "pgpass");
  await writeFile(passfile, roles.map(({ name }) => `*:*:*:${name}:${name}-secret\n`).join(""), {
    mode: 0o600,
  });

  const local = `host=${server.socketDirectory} port=${server.port} user=sallyport dbname=postgres`;
  const tcp = `host=127.0.0.1 port=${server.port} user=sallyport dbname=postgres`;
  const ident = `os ${osUser} peer_scram\n`;
  const pass = "upstream_auth = passthrough\n";
  const open = async (name: string, upstream: string, conf: string, rules = hba): Promise<void> => {
    gates.set(name, await startGate(server, { hba: rules, ident, upstream, conf }));
  };
  await open("local", local, pass);
  await open("tcp", tcp, pass);
  await open("service", `${local} passfile=${passfile}`, "");
  await open("upstream", local, `${pass}auth_source = upstream\n`, "host all all all password\n");
});

afterAll(async () => {
  for (const gate of gates.values()) await gate[Symbol.asyncDispose]();
  await server?.stop();
  await directory?.stop();
  await room?.remove();
});

function gateOf(name: string): TestGate {
  const gate = gates.get(name);
  if (!gate) throw new Error(`there is no gate ${name}`);
  return gate;
}

/** What a row and a column come to: `works`, the code that the client hears, or `no start`. */
async function outcomeOf(method: string, secret: string, column: string): Promise<string> {
  const demand = demands[column];
  if (!demand) throw new Error(`the column ${column} is about nothing`);
  const judged = method.endsWith("auth_source = upstream");
  if (judged && demand.gate !== "local") {
    const upstream = `host=127.0.0.1 port=${server.port} user=sallyport dbname=postgres`;
    const conf = `upstream_auth = ${demand.gate === "tcp" ? "passthrough" : "service"}\nauth_source = upstream\n`;
    const started = await startGate(server, { hba: "host all all all password\n", upstream, conf }).catch(
      () => null,
    );
    await started?.[Symbol.asyncDispose]();
    return started === null ? "no start" : "starts";
  }
  const gate = gateOf(judged ? "upstream" : demand.gate);
  const role = roleOf(method, secret);
  const target = method === "peer" ? gate.unix : gate.tcp;
  const lines = loginLines(role, `${role}-secret`, startup(role, demand.database));
  const asks = method !== "trust" && method !== "peer";
  const talk = await converse(target, asks ? lines : lines.slice(0, 1));
  const [code = ""] = refusal(talk);
  return isIn(talk) && code === "" ? "works" : code;
}

describe("docs/upstream.md: what works", () => {
  test("has every method that there is with every secret", () => {
    const rows = tableBelow("What works").map(([method = "", secret = ""]) => `${method}: ${secret}`);
    expect(rows).toHaveLength(17);
    expect(new Set(rows).size).toBe(17);
    expect(cells).toHaveLength(17 * columns.length);
  });

  test("has the columns that are tried here", () => {
    const head = page.split("\n").find((line) => line.startsWith("| method here |")) ?? "";
    expect(cellsOf(head).slice(2)).toEqual(columns);
  });

  test.for(cells)("$method, $secret secret, upstream $column: $outcome", async (cell) => {
    expect(await outcomeOf(cell.method, cell.secret, cell.column)).toBe(cell.outcome);
  });
});

/** Asks both gates as a role of a SCRAM secret. */
async function asked(sql: string): Promise<readonly [tcp: string, peer: string]> {
  const user = "scram_scram";
  const env = { PGPASSWORD: `${user}-secret`, PGAPPNAME: "an application", PGCLIENTENCODING: "LATIN1" };
  const [tcp, peer] = await Promise.all(
    [
      [gateOf("tcp"), "scram"],
      [gateOf("service"), "peers"],
    ].map(async ([gate, database]) => {
      const one = gate as TestGate;
      return await one.psql(user, ["-c", sql], { env: { ...env, PGDATABASE: database as string } });
    }),
  );
  return [`${tcp?.stdout}${tcp?.stderr}`.trimEnd(), `${peer?.stdout}${peer?.stderr}`.trimEnd()];
}

const same = (value: string) => [value, value] as const;

/** What each row says, by the words of its first column. */
const seen: Readonly<Record<string, () => Promise<void>>> = {
  "current_user, session_user": async () => {
    expect(await asked("select current_user, session_user")).toEqual(same("scram_scram|scram_scram"));
  },
  "system_user (16 on)": async () => {
    expect(await asked("select system_user")).toEqual(["scram-sha-256:scram_scram", `peer:${osUser}`]);
  },
  "inet_client_addr(), client_addr in pg_stat_activity": async () => {
    const sql = "select inet_client_addr(), client_addr from pg_stat_activity where pid = pg_backend_pid()";
    expect(await asked(sql)).toEqual(["127.0.0.1|127.0.0.1", "|"]);
  },
  "inet_server_port()": async () => {
    expect(await asked("select inet_server_port()")).toEqual([String(server.port), ""]);
  },
  pg_stat_ssl: async () => {
    expect(await asked("select ssl from pg_stat_ssl where pid = pg_backend_pid()")).toEqual(same("f"));
  },
  application_name: async () => {
    const sql = "select application_name from pg_stat_activity where pid = pg_backend_pid()";
    expect(await asked(sql)).toEqual(same("an application"));
  },
  "options, client_encoding, other settings of the startup packet": async () => {
    expect(await asked("show client_encoding")).toEqual(same("LATIN1"));
  },
  "pg_backend_pid()": async () => {
    for (const [name, database] of [
      ["tcp", "scram"],
      ["service", "peers"],
    ] as const) {
      const { stdout } = await gateOf(name).psql(
        "scram_scram",
        ["-c", String.raw`\conninfo`, "-c", "select pg_backend_pid()"],
        { env: { PGDATABASE: database } },
      );
      expect(stdout).toMatch(/\d+\n$/);
    }
    const lines = loginLines("scram_scram", "scram_scram-secret", startup("scram_scram", "scram"));
    const talk = await converse(gateOf("tcp").tcp, lines);
    const key = talk.heard.find(({ kind }) => kind === "K")?.body.readInt32BE(0);
    expect(await gateOf("tcp").logged(`pid=${key} `)).toContain("connection authorized");
  },
  "CONNECTION LIMIT of role and database": async () => {
    await run(server, ["alter role scram_scram connection limit 0"]);
    try {
      for (const answer of await asked("select 1")) expect(answer).toContain("too many connections for role");
    } finally {
      await run(server, ["alter role scram_scram connection limit -1"]);
    }
  },
  "settings of alter role, alter database": async () => {
    await run(server, ["alter role scram_scram set work_mem = '7MB'"]);
    try {
      expect(await asked("show work_mem")).toEqual(same("7MB"));
    } finally {
      await run(server, ["alter role scram_scram reset work_mem"]);
    }
  },
  "line of the upstream's log": async () => {
    await run(server, ["alter system set log_connections = 'receipt'", "select pg_reload_conf()"]);
    await expect.poll(async () => await run(server, ["show log_connections"])).toBe("receipt");
    const before = (await readLog()).length;
    await asked("select 1");
    const now = (await readLog()).slice(before);
    expect(now).toContain("connection received: host=127.0.0.1 port=");
    expect(now).toContain("connection received: host=[local]");
  },
};

async function readLog(): Promise<string> {
  return await Promise.resolve(readFileSync(server.paths.log, "utf8"));
}

describe("docs/upstream.md: what the upstream sees of a client", () => {
  const rows = tableBelow("What the upstream sees").map(([what = ""]) => what);

  test("is asked row by row", () => {
    expect(rows).toEqual(Object.keys(seen));
  });

  test.for(rows)("%s", async (what) => {
    const ask = seen[what];
    expect(ask).toBeDefined();
    await ask?.();
  });
});
