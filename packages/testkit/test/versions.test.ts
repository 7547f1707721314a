import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hbaView,
  identView,
  isInstalled,
  serverBuilds,
  serverPrograms,
  startPostgres,
} from "../src/index.ts";
import type { TestPostgres } from "../src/index.ts";

// What `npm test` asks must be there; whoever wants the others installs them.
const absent = new Set(serverBuilds.filter(({ setup }) => setup !== "" && setup !== "--servers"));
for (const server of absent) if (isInstalled(server)) absent.delete(server);
const present = serverBuilds.filter((server) => !absent.has(server));

describe.for(present)("PostgreSQL $major, $build build", ({ major, build, features }) => {
  let server: TestPostgres;
  let since16: (row: object) => object;
  beforeAll(async () => {
    server = await startPostgres({ major, build, ssl: true, ident: "m os db\n" });
    since16 = (row) => (major < 16 ? {} : row);
  });
  afterAll(async () => {
    await server.stop();
  });

  test("is of that version", async () => {
    expect(server.version).toMatch(new RegExp(`^${major}(\\.|beta|rc)\\d+$`));
    const { stdout } = await server.psql(["-c", "show server_version"]);
    expect(stdout.trim().split(" ")[0]).toBe(server.version);
  });

  test("shows a file of three lines, and which methods it was built with", async () => {
    const lines = ["hostssl a,b all ::1/128 md5", "host all all all gss", "local all all pam"];
    await server.writeFile("pg_hba.conf", lines.join("\n"));
    const refusal = (method: string): string =>
      `invalid authentication method "${method}": not supported by this build`;
    const rows = await hbaView(server);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toEqual({
      ...since16({ rule_number: 1, file_name: server.paths.hba }),
      line_number: 1,
      type: "hostssl",
      database: ["a", "b"],
      user_name: ["all"],
      address: "::1",
      netmask: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
      auth_method: "md5",
      options: null,
      error: null,
    });
    expect(rows[1]?.error).toBe(features.has("gssapi") ? null : refusal("gss"));
    expect(rows[2]?.error).toBe(features.has("pam") ? null : refusal("pam"));
  });

  test.runIf(major >= 15)("shows the maps", async () => {
    const row = { line_number: 1, map_name: "m", sys_name: "os", pg_username: "db", error: null };
    const place = since16({ map_number: 1, file_name: server.paths.ident });
    expect(await identView(server)).toEqual([{ ...place, ...row }]);
  });

  test("reloads", async () => {
    await server.writeFile("pg_hba.conf", "local all postgres trust\nlocal all all reject\n");
    expect(await server.reload()).not.toContain("not reloaded");
    const refused = await server.psql(["-U", "eve", "-c", "select 1"]);
    expect(refused.stderr).toContain('pg_hba.conf rejects connection for host "[local]", user "eve"');
    await server.writeFile("pg_hba.conf", "nonsense\n");
    expect(await server.reload()).toContain("pg_hba.conf was not reloaded");
  });
});

test("the majors are 10 to 19", () => {
  const majors = new Set<number>(serverBuilds.map(({ major }) => major));
  expect([...majors].toSorted((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test("a build that nobody makes is an error", () => {
  const why = "there is no embedded build of PostgreSQL 19 to start";
  expect(() => serverPrograms({ major: 19, build: "embedded" })).toThrow(why);
});

test.for([...absent])("PostgreSQL $major, which is not installed, says what installs it", (server) => {
  expect(() => serverPrograms(server)).toThrow(`is not installed: node tools/setup.mjs ${server.setup}`);
});
