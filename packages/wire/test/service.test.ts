/** Service files: each case is put to libpq 15 and 18, too, and must lead to the same place or the same words. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { binariesOf, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, conninfoEnvironment, parseConninfo, resolveConninfo, withService } from "../src/index.ts";

let server: TestPostgres;
let room: TempDirectory;
beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres(), tempDirectory()]);
  await server.psql(["-c", "create role one login; create role two login", "-c", "create database shop"]);
  await Promise.all(["home", "etc", "dir"].map(async (name) => await mkdir(join(room.path, name))));
});
afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

interface Files {
  /** `~/.pg_service.conf`. */
  readonly home?: string;
  /** `PGSYSCONFDIR/pg_service.conf`. */
  readonly etc?: string;
  /** What `PGSERVICEFILE` names. */
  readonly named?: string;
}

/** Who is in, and where; or why nobody is. */
async function ask(
  conninfo: string,
  files: Files,
  more: Record<string, string> = {},
): Promise<readonly string[]> {
  const place = async (path: string, text: string | undefined): Promise<void> => {
    await writeFile(join(room.path, path), text ?? "");
  };
  await place("home/.pg_service.conf", files.home);
  await place("etc/pg_service.conf", files.etc);
  await place("named", files.named);
  const base = `host=${server.socketDirectory} sslmode=disable`;
  const environment = {
    HOME: join(room.path, "home"),
    PGSYSCONFDIR: join(room.path, "etc"),
    PGAPPNAME: "environment",
    ...(files.named === undefined ? {} : { PGSERVICEFILE: join(room.path, "named") }),
    ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, value.replace("@", room.path)])),
  };
  const query = "select current_user, current_database(), current_setting('application_name')";
  const theirs = await Promise.all(
    [{}, { LD_LIBRARY_PATH: join(binariesOf(18).native, "lib") }].map(async (library) => {
      const { stdout, stderr } = await psql(["-c", query, "-d", `${base} ${conninfo}`], {
        env: { ...environment, ...library },
      });
      return (stdout || stderr.replace("psql: error: ", "")).trim();
    }),
  );
  return [await askOurs(`${base} ${conninfo}`, environment, query), ...theirs];
}

async function askOurs(
  conninfo: string,
  environment: Record<string, string>,
  query: string,
): Promise<string> {
  const surroundings = {
    environment: conninfoEnvironment(environment),
    osUser: null,
    homeDirectory: join(room.path, "home"),
    socketDirectory: "/nonexistent",
  };
  try {
    const values = await withService(parseConninfo(conninfo), surroundings);
    const client = await connect(resolveConninfo(values, surroundings));
    const { rows } = await client.query(query);
    await client.close();
    return rows[0]?.join("|") ?? "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const one = "[one]\nuser=one\ndbname=shop\n";
const two = "[two]\nuser=two\ndbname=postgres\n";
const both = one + two;

describe("leads where libpq goes", () => {
  test.each<[string, Files, Record<string, string>, string]>([
    ["service=one", { home: both }, {}, "one|shop|environment"],
    ["service=two", { home: both }, {}, "two|postgres|environment"],
    ["", { home: both }, { PGSERVICE: "two" }, "two|postgres|environment"],
    ["service=one", { home: both }, { PGSERVICE: "two" }, "one|shop|environment"],
    ["service=one user=two", { home: both }, {}, "two|shop|environment"],
    ["service=one", { home: both }, { PGUSER: "two" }, "one|shop|environment"],
    ["service=one", { home: two, etc: one }, {}, "one|shop|environment"],
    ["service=one", { home: one, etc: one.replace("shop", "postgres") }, {}, "one|shop|environment"],
    ["service=one", { named: one, home: one.replace("shop", "postgres") }, {}, "one|shop|environment"],
    [
      "service=one",
      { named: two, home: one, etc: one.replace("shop", "postgres") },
      {},
      "one|postgres|environment",
    ],
    ["service=one", { home: "[one]\nuser=one\nuser=two\ndbname=shop\n" }, {}, "one|shop|environment"],
    [
      "service=one",
      { home: `# [one]\n\n  [one] and more\n\tuser=one  \r\n#user=two\ndbname=shop` },
      {},
      "one|shop|environment",
    ],
    ["service=one", { home: `${one}application_name=a = b # c\n` }, {}, "one|shop|a = b # c"],
    ["service=one", { home: `${one}[one]\nuser=two\n` }, {}, "one|shop|environment"],
    ["service=one", { home: `${one}[other]\nnonsense\n` }, {}, "one|shop|environment"],
    ["service=one", { home: `nonsense\n[other]\nnonsense\n${one}` }, {}, "one|shop|environment"],
  ])("%s with %j and %j", async (conninfo, files, more, expected) => {
    expect(await ask(conninfo, files, more)).toEqual([expected, expected, expected]);
  });
});

describe("is refused in libpq's words", () => {
  test.each<[string, Files, Record<string, string>, string]>([
    ["service=three", { home: both }, {}, 'definition of service "three" not found'],
    ["service=''", { home: both }, {}, 'definition of service "" not found'],
    [
      "service=one",
      { home: "[oneone]\nuser=one\n[ one]\n[One]\n" },
      {},
      'definition of service "one" not found',
    ],
    ["service=one", {}, { PGSERVICEFILE: "@/nothing" }, 'service file "@/nothing" not found'],
    ["service=one", {}, { PGSERVICEFILE: "@/dir" }, 'definition of service "one" not found'],
    [
      "service=one",
      { home: `${one}nonsense\n` },
      {},
      'syntax error in service file "@/home/.pg_service.conf", line 4',
    ],
    [
      "service=one",
      { home: `${one}user = one\n` },
      {},
      'syntax error in service file "@/home/.pg_service.conf", line 4',
    ],
    [
      "service=one",
      { home: `${one}requiressl=1\n` },
      {},
      'syntax error in service file "@/home/.pg_service.conf", line 4',
    ],
    [
      "service=one",
      { home: `${one}service=two\n` },
      {},
      'nested service specifications not supported in service file "@/home/.pg_service.conf", line 4',
    ],
    [
      "service=one",
      { home: `#${"x".repeat(1021)}\n${one}` },
      {},
      'line 1 too long in service file "@/home/.pg_service.conf"',
    ],
  ])("%s with %j and %j", async (conninfo, files, more, words) => {
    const expected = words.replace("@", room.path);
    expect(await ask(conninfo, files, more)).toEqual([expected, expected, expected]);
  });
});

test("a service by LDAP is refused, and a file that is too large", async () => {
  const [ldap = ""] = await ask("service=one", {
    home: "[one]\nldap://127.0.0.1:1/dc=x?y?one?z\nuser=one\n",
  });
  expect(ldap).toContain("LDAP lookup is not supported by this build");
  const [large = ""] = await ask("service=one", { home: one + "#\n".repeat(600_000) });
  expect(large).toContain("is larger than 1 MB");
});

test("a service that nobody looked for is refused, not ignored", () => {
  const surroundings = { environment: new Map(), osUser: "me", homeDirectory: null, socketDirectory: "/tmp" };
  expect(() => resolveConninfo(parseConninfo("service=one"), surroundings)).toThrow(
    'connection option "service" is not supported by this build',
  );
});
