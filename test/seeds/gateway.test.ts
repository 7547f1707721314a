import { userInfo } from "node:os";
import { dirname } from "node:path";
import { hbaView, identView, psql, tempDirectory } from "@sallyport/testkit";
import type { HbaFileRule, IdentFileMapping } from "@sallyport/policy";
import type { TestPostgres } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateFiles, run, setUp, startGate } from "../../packages/gateway/test/gate.ts";
import type { GateOptions, TestGate } from "../../packages/gateway/test/gate.ts";
import { main } from "../../packages/sallyport/src/main.ts";
import { example201, example212, exampleLists } from "./examples.ts";
import { logins, users } from "./logins.ts";
import { connect, osUserName, putInForce, startWithRoles } from "./real-server.ts";

/** Shows what to expect. */
let server: TestPostgres;
/** Has the same roles, and stands behind the gates. */
let upstream: TestPostgres;

beforeAll(async () => {
  [server, upstream] = await Promise.all([startWithRoles(), startWithRoles()]);
  await run(upstream, setUp);
  await putInForce(upstream, { "pg_hba.conf": "local all all trust\nlocal replication all trust\n" });
});

afterAll(async () => {
  await server?.stop();
  await upstream?.stop();
});

async function gateWith(options: GateOptions): Promise<TestGate> {
  return await startGate(upstream, { files: exampleLists, ...options });
}

/** psql over the socket of a gate, unless its arguments say otherwise. */
function through({ socketDirectory, port }: TestGate): Pick<TestPostgres, "psql"> {
  const door = { PGHOST: socketDirectory, PGPORT: String(port), PGSSLMODE: "disable" };
  return {
    psql: async (args, options) => await psql(args, { ...options, env: { ...door, ...options?.env } }),
  };
}

/** The lines of example 20.1 that need no GSSAPI. */
const { rejectThenGss, ...others } = example201;
const [reject = "", gss = ""] = rejectThenGss.split("\n");
const carriedOut = [...Object.values(others), reject].join("\n");

describe("a gateway with example 20.1", () => {
  test("loads the lines that need nobody else, and shows their rows as PostgreSQL 18 does", async () => {
    await using gate = await gateWith({ hba: carriedOut, ident: example212 });
    const directory = dirname(gate.hbaFile);
    await putInForce(server, { "pg_hba.conf": carriedOut, "pg_ident.conf": example212, ...exampleLists });
    expect(await rowsOf("rules", directory)).toEqual(withoutDirectory(await hbaView(server)));
    expect(await rowsOf("mappings", directory)).toEqual(withoutDirectory(await identView(server)));
  });

  test("runs with the line that needs a KDC", async () => {
    await using directory = await tempDirectory();
    const conf = "upstream = 'host=/nonexistent'\nupstream_auth = service\n";
    const { policy, problems } = await gateFiles(directory.path, { hba: `${gss}\n`, conf });
    expect(policy?.rules.map(({ method }) => method)).toEqual(["gss"]);
    expect(problems).toEqual([]);
  });

  test.each(logins)("answers callers as PostgreSQL 18 does: %s", async (_, hba, callers) => {
    await putInForce(server, { "pg_hba.conf": hba, ...exampleLists });
    await using gate = await gateWith({ hba: `${hba}\n` });
    for (const caller of callers) {
      const answer = await connect(through(gate), caller);
      expect({ caller, answer }).toEqual({ caller, answer: await connect(server, caller) });
    }
  });

  test("lets administrators and members of support in anywhere, with their passwords", async () => {
    await using gate = await gateWith({ hba: `${example201.combined}\n` });
    await run(upstream, ["alter role tom password 'right'", "alter role ann password 'right'"]);
    const answers: Record<string, string> = {};
    for (const caller of users("bob tom ann")) {
      answers[caller.user] = await connect(through(gate), { ...caller, password: "right" });
    }
    expect(answers).toEqual({
      bob: "in",
      tom: "in",
      ann: 'no pg_hba.conf entry for host "[local]", user "ann", database "sales", no encryption',
    });
    expect(await connect(through(gate), { user: "bob", password: "wrong" })).toBe(
      'password authentication failed for user "bob"',
    );
  });
});

describe("a gateway with example 21.2", () => {
  test("lets an OS user in as whom it says, whichever of its people it plays", async () => {
    const os = userInfo().username;
    const admitted: Record<string, string[]> = {};
    for (const part of ["bryanh", "ann", "robert", "nobody of these"]) {
      const ident = example212.replaceAll(new RegExp(`^(omicron +)${part} `, "gm"), `$1${os} `);
      await using gate = await gateWith({ hba: "local all all peer map=omicron\n", ident });
      const people: string[] = [];
      for (const caller of users("bryanh ann robert bob guest1")) {
        if ((await connect(through(gate), caller)) === "in") people.push(caller.user);
      }
      admitted[part] = people;
    }
    expect(admitted).toEqual({
      bryanh: ["bryanh", "guest1"],
      ann: ["ann"],
      robert: ["bob"],
      "nobody of these": [],
    });
  });

  test("lets a map with all pass a role that does not exist, and then finds no such role", async () => {
    const hba = "local all all peer map=m\n";
    const os = await osUserName(server);
    await putInForce(server, { "pg_hba.conf": hba, "pg_ident.conf": `m "${os}" all\n` });
    await using gate = await gateWith({ hba, ident: `m "${userInfo().username}" all\n` });
    for (const caller of users("ann ghost")) {
      expect(await connect(through(gate), caller)).toBe(await connect(server, caller));
    }
  });
});

describe("a gateway", () => {
  test("does not fall through to a later line after a wrong password", async () => {
    await using gate = await gateWith({ hba: "local all bob scram-sha-256\nlocal all all trust\n" });
    expect(await connect(through(gate), { user: "bob", password: "right" })).toBe("in");
    expect(await connect(through(gate), { user: "bob", password: "wrong" })).toBe(
      'password authentication failed for user "bob"',
    );
  });

  test("does not fall through to a later line after a map that does not let in", async () => {
    await using gate = await gateWith({ hba: "local all ann peer map=none\nlocal all all trust\n" });
    expect(await connect(through(gate), { user: "ann" })).toBe('Peer authentication failed for user "ann"');
    expect(await connect(through(gate), { user: "carl" })).toBe("in");
  });

  test("asks for the CONNECT privilege after the rule has let in", async () => {
    await using gate = await gateWith({ hba: "local all all trust\n" });
    expect(await connect(through(gate), { user: "bob", database: "closed" })).toBe(
      'permission denied for database "closed"',
    );
    expect(await connect(through(gate), { user: "ROOT", database: "closed" })).toBe("in");
  });

  test("takes TCP connections on its listen_addresses alone", async () => {
    const hba = "local all all trust\nhost all all all trust\n";
    const callers = [
      { user: "ann" },
      { user: "ann", address: "127.0.0.1" },
      { user: "ann", address: "::1" },
    ] as const;
    const reached: Record<string, boolean[]> = {};
    for (const addresses of ["127.0.0.1", "::1", "", "*"]) {
      await using gate = await gateWith({ hba, conf: `listen_addresses = '${addresses}'\n` });
      reached[addresses] = [];
      for (const caller of callers) reached[addresses].push((await connect(through(gate), caller)) === "in");
    }
    expect(reached).toEqual({
      "127.0.0.1": [true, true, false],
      "::1": [true, false, true],
      "": [true, false, false],
      "*": [true, true, true],
    });
  });
});

type Rows = readonly (HbaFileRule | IdentFileMapping)[];

/** What `sallyport rules` and `mappings` show of a gate. */
async function rowsOf(command: "rules" | "mappings", directory: string): Promise<Rows> {
  let stdout = "";
  const status = await main([command, "-D", directory, "--format", "json"], {
    stdout: (text) => void (stdout += text),
    stderr: () => undefined,
    stdin: process.stdin,
    environment: {},
    clock: () => new Date(),
  });
  expect(status).toBe(0);
  return withoutDirectory(JSON.parse(stdout) as Rows);
}

function withoutDirectory(rows: Rows): Rows {
  return rows.map((row) => ({ ...row, file_name: (row.file_name ?? "").replace(/.*\//, "") }));
}
