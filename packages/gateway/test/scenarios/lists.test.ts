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

// Until there are regular expressions, nobody gets in by a line that is not wholly understood.
describe("PostgreSQL's 001_password, regular expressions in the lists of a rule, are refused today", () => {
  test.for([
    ["users, one of which matches", "local all /^.*nomatch.*$,baduser,/^scr.*$ password", "^.*nomatch.*$"],
    ["users, none of which matches", "local all baduser,/^sc_r.*$ password", "^sc_r.*$"],
    ["a user with a comma, in quotes", 'local all "/^.*m,.*e$" password', "^.*m,.*e$"],
    ["databases", "local /^regex_t.*b$ all password", "^regex_t.*b$"],
  ])("%s", async ([, line = "", expression = ""]) => {
    await using directory = await tempDirectory();
    const { policy, problems } = await gateFiles(directory.path, {
      hba: `${line}\nlocal all all trust\n`,
      conf: "upstream = 'host=/nonexistent'\nupstream_auth = service\n",
    });
    expect(policy).toBeNull();
    expect(problems[0]?.text).toBe(`invalid regular expression "${expression}": not supported by this build`);
  });
});
