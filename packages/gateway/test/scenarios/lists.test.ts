import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import { gateFiles } from "../gate.ts";
import { houses } from "./house.ts";

const roles = [
  "create role crew login superuser password 'pass'",
  "create role member login superuser password 'pass' in role crew",
  "create role stranger login superuser password 'pass'",
  "create database crew",
];
const patternRoles = [
  "create role scram_role login password 'pass'",
  `create role "scram,role" login password 'pass'`,
  "create database regex_testdb",
];
const noEntry = (role: string, database = "postgres"): string =>
  `FATAL:  no pg_hba.conf entry for host "[local]", user "${role}", database "${database}", no encryption\n`;

describe.for(houses(roles))("PostgreSQL's 001_password, groups in the lists of a rule, $name", (house) => {
  beforeAll(house.open);
  afterAll(house.close);

  test.for([
    ["a role, without a plus sign: itself alone", "local all crew scram-sha-256", "postgres", ["crew"]],
    ["+role: itself and its members", "local all +crew scram-sha-256", "postgres", ["crew", "member"]],
    ["samerole: likewise, by the database", "local samerole all scram-sha-256", "crew", ["crew", "member"]],
    ["samegroup: its older name", "local samegroup all scram-sha-256", "crew", ["crew", "member"]],
  ] as const)("%s; and no superuser by being one", async ([, line, database, admitted]) => {
    await house.arrange({ hba: `${line}\n` });
    for (const role of ["crew", "member", "stranger"]) {
      const conninfo = `user=${role} dbname=${database}`;
      const { status, stderr } = await house.visit(conninfo, { env: { PGPASSWORD: "pass" } });
      const expected = admitted.some((one) => one === role) ? "" : noEntry(role, database);
      expect([status, stderr.replace(/^psql: error: .* failed: /, "")]).toEqual([
        expected === "" ? 0 : 2,
        expected,
      ]);
    }
  });
});

describe.for(houses(patternRoles))(
  "PostgreSQL's 001_password, regular expressions in the lists of a rule, $name",
  (house) => {
    beforeAll(house.open);
    afterAll(house.close);

    test.for([
      ["users, one of which matches", "all /^.*nomatch.*$,baduser,/^scr.*$", "scram_role", "postgres", true],
      ["users, none of which matches", "all baduser,/^sc_r.*$", "scram_role", "postgres", false],
      ["a user with a comma, in quotes", 'all "/^.*m,.*e$"', "scram,role", "postgres", true],
      [
        "databases, one of which matches",
        "/^.*nomatch.*$,baddb,/^regex_t.*b$ all",
        "scram_role",
        "regex_testdb",
        true,
      ],
      [
        "databases, none of which matches",
        "/^.*nomatch.*$,baddb,/^regex_t.*ba$ all",
        "scram_role",
        "regex_testdb",
        false,
      ],
    ] as const)("%s", async ([, columns, role, database, admits]) => {
      await house.arrange({ hba: `local ${columns} password\n` });
      const conninfo = `user='${role}' dbname=${database}`;
      const { status, stderr } = await house.visit(conninfo, { env: { PGPASSWORD: "pass" } });
      expect([status, stderr.replace(/^psql: error: .* failed: /, "")]).toEqual(
        admits ? [0, ""] : [2, noEntry(role, database)],
      );
    });
  },
);

test("a regular expression with a mistake keeps the file from running", async () => {
  await using directory = await tempDirectory();
  const { policy, problems } = await gateFiles(directory.path, {
    hba: "local all /^(a password\nlocal all all trust\n",
    conf: "upstream = 'host=/nonexistent'\nupstream_auth = service\n",
  });
  expect(policy).toBeNull();
  expect(problems[0]?.text).toBe('invalid regular expression "^(a": parentheses () not balanced');
});
