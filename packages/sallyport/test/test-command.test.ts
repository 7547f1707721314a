import { afterAll, beforeAll, describe, test } from "vitest";
import { policyRoom } from "./policy-room.ts";
import type { PolicyRoom } from "./policy-room.ts";

const hba = `# TYPE   DATABASE         USER      ADDRESS       METHOD
local    all              postgres                peer map=os
host     all              intern    all           reject
hostssl  billing          all       10.20.0.0/16  scram-sha-256 clientcert=verify-full
host     billing,reports  +readers  10.20.0.0/16  scram-sha-256
host     all              all       10.9.0.0/16   ldap ldapserver=l ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=hunter2
include  conf.d/pg_hba.conf
`;
const included = "host shop app samenet scram-sha-256\nhost shop app db.example.com md5\n";
const roles = {
  roles: [
    { name: "readers", login: false, superuser: false, member_of: [] },
    { name: "bob", login: true, superuser: false, member_of: ["readers"] },
  ],
};
const passing = `# all is well
user=postgres local system_user=root      => peer map=os by DIR/pg_hba.conf:2
user=postgres local system_user=www       => refused
user=intern address=10.20.0.7             => reject
user=bob database=billing address=10.20.0.7 ssl => scram-sha-256 clientcert=verify-full by DIR/pg_hba.conf:4
user=bob database=billing address=10.21.0.7     => no_entry
user=bob database=reports address=10.20.0.7     => unknown
`;

let room: PolicyRoom;

beforeAll(async () => {
  room = await policyRoom({
    "pg_hba.conf": hba,
    "pg_ident.conf": "os root postgres\nos www app\n",
    "conf.d/pg_hba.conf": included,
    "roles.json": JSON.stringify(roles),
    "bad.conf": "local all all scarm\n",
    "passing.cases": passing,
  });
});

afterAll(async () => {
  await room?.[Symbol.asyncDispose]();
});

/** What is said of each of these cases, which all fail, by one run. */
async function failuresOf(lines: readonly string[]): Promise<string[]> {
  const { stdout } = await room.run("test", ["-"], lines.join("\n"));
  return stdout.split(/^<stdin>:\d+:1: failed$/m).slice(1);
}

describe("sallyport test", () => {
  test.concurrent("passes, and says which rules and mappings no case meets", async ({ expect }) => {
    expect(await room.run("test", ["passing.cases"])).toEqual({
      status: 0,
      stderr: "",
      stdout: `6 cases: 6 passed, 0 failed

No case meets 4 of 7 rules:
  DIR/pg_hba.conf:5  host     billing,reports  +readers  10.20.0.0/16  scram-sha-256
  DIR/pg_hba.conf:6  host     all              all       10.9.0.0/16   ldap ldapserver=l ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=***
  conf.d/pg_hba.conf:1     host shop app samenet scram-sha-256
  conf.d/pg_hba.conf:2     host shop app db.example.com md5

No case meets 1 of 2 mappings:
  pg_ident.conf:2  os www app
`,
    });
  });

  test.concurrent("shows where a case fails, and why", async ({ expect }) => {
    const line = "user=bob database=billing address=10.21.0.7 => scram-sha-256 by conf.d/pg_hba.conf:2";
    const { status, stdout } = await room.run("test", ["-"], `\n${line}\n`);
    expect(status).toBe(1);
    expect(stdout).toContain(`<stdin>:2:1: failed
    user=bob database=billing address=10.21.0.7 => scram-sha-256 by conf.d/pg_hba.conf:2
                                                   ^^^^^^^^^^^^^  no_entry: no rule matches

    FATAL:  no pg_hba.conf entry for host "10.21.0.7", user "bob", database "billing", no encryption
    (as PostgreSQL 18 reads DIR/pg_hba.conf; 7 rules, none matches; SQLSTATE 28000)
`);
    expect(stdout).toMatch(/^ {4} no {2}pg_hba\.conf:2 {3}host shop app db\.example\.com md5$/m);
    expect(stdout).toContain("\n\n1 case: 0 passed, 1 failed\n\nNo case meets 7 of 7 rules:\n");
  });

  const misses: readonly (readonly [string, string])[] = [
    ["user=intern address=::1 => trust", "^^^^^  reject by DIR/pg_hba.conf:3"],
    [
      "user=postgres local system_user=www => peer",
      "^^^^  refused: peer by DIR/pg_hba.conf:2, and the client may not be this role",
    ],
    [
      "user=x address=10.8.0.1 => md5 by conf.d/pg_hba.conf:7",
      "^^^^^^^^^^^^^^^^^^^^  no rule begins on that line",
    ],
    ["user=postgres local system_user=root => peer map=other", "^^^^^^^^^  the rule has map=os"],
    ["user=postgres local system_user=root => peer map=", "^^^^  the rule has map=os"],
    ["user=x address=10.9.0.1 => ldap clientname=DN", "^^^^^^^^^^^^^  the rule has no clientname"],
    [
      "user=intern address=::1 => reject by conf.d/pg_hba.conf:1",
      "^^^^^^^^^^^^^^^^^^^^  DIR/pg_hba.conf:3 decides",
    ],
    [
      "user=intern address=::1 => reject by pg_hba.conf:3",
      "^^^^^^^^^^^^^  2 files are called so, write more of the path: DIR/pg_hba.conf, DIR/conf.d/pg_hba.conf",
    ],
    [
      "user=intern address=::1 => reject by hba.conf:3",
      "^^^^^^^^^^  no file with rules is called so; there is DIR/pg_hba.conf, conf.d/pg_hba.conf",
    ],
    [
      "user=intern address=::1 => reject by conf.d/pg_hba.conf:9",
      "^^^^^^^^^^^^^^^^^^^^  no rule begins on that line; DIR/pg_hba.conf:3 decides",
    ],
  ];
  test.concurrent("says what holds instead", async ({ expect }) => {
    const failures = await failuresOf(misses.map(([line]) => line));
    expect(failures).toEqual(misses.map(([, shown]) => expect.stringContaining(` ${shown}\n`) as string));
  });

  const unknowns: readonly (readonly [string, string])[] = [
    ["user=postgres local => peer", "system_user=NAME in the case"],
    ["user=bob database=reports address=10.20.0.7 => scram-sha-256", "--roles FILE|CONNINFO"],
    [
      "user=app database=shop address=10.8.0.1 => scram-sha-256",
      "--server-address IP/LEN, hostname=NAME in the case",
    ],
  ];
  test.concurrent("fails what it cannot know, and says what would settle it", async ({ expect }) => {
    const failures = await failuresOf(unknowns.map(([line]) => line));
    expect(failures).toHaveLength(unknowns.length);
    for (const [at, [, settle]] of unknowns.entries()) {
      expect(failures[at]).toMatch(/\^ {2}unknown: /);
      expect(failures[at]).toContain(`\n    HINT:  To settle it: ${settle}.\n`);
    }
  });

  test.concurrent("and knows it then", async ({ expect }) => {
    const lines = [
      "user=bob database=reports address=10.20.0.7 => scram-sha-256 by DIR/pg_hba.conf:5",
      "user=app database=shop address=10.8.0.1 => scram-sha-256 by conf.d/pg_hba.conf:1",
      "user=app database=shop address=10.7.0.1 hostname=db.example.com => md5",
      'user=app database=shop address=10.7.0.1 hostname="" => no_entry',
      '{"attempt": {"user": "intern", "address": "::1"}, "expect": {"outcome": "reject"}}',
    ];
    const known = ["--roles", "roles.json", "--server-address", "10.8.0.9/16"];
    const result = await room.run("test", [...known, "-"], lines.join("\n"));
    expect(result.stdout).toContain("5 cases: 5 passed, 0 failed\n");
    expect(result.status).toBe(0);
  });

  test.concurrent("explains the first failures of many", async ({ expect }) => {
    const { stdout } = await room.run("test", ["-"], "user=intern address=::1 => trust\n".repeat(23));
    expect(stdout.match(/: failed$/gm)).toHaveLength(23);
    expect(stdout.match(/^ {4}FATAL: {2}pg_hba\.conf rejects/gm)).toHaveLength(20);
    expect(stdout).toContain("\n(The first 20 failures are explained.)\n23 cases: 0 passed, 23 failed\n");
  });

  test.concurrent("prints JSON for programs", async ({ expect }) => {
    const lines =
      "user=intern address=::1 => reject by conf.d/pg_hba.conf:1\nuser=postgres local system_user=root => peer";
    const { status, stdout } = await room.run("test", ["--format", "json", "-"], lines);
    expect(status).toBe(1);
    const report = JSON.parse(stdout) as { cases: unknown[]; unmet_rules: unknown[] };
    expect(Object.keys(report)).toEqual(["cases", "unmet_rules", "unmet_mappings", "passed", "failed"]);
    expect(report).toMatchObject({ passed: 1, failed: 1 });
    expect(report.cases[0]).toMatchObject({
      place: { file_name: "<stdin>", line_number: 1, column: 1, end_column: 58 },
      attempt: {
        user: "intern",
        database: "intern",
        address: "::1",
        ssl: false,
        gssenc: false,
        replication: false,
      },
      expect: { outcome: "reject", by: { file_name: "conf.d/pg_hba.conf", line_number: 1 } },
      got: { outcome: "reject", rule: { line_number: 3 } },
      ok: false,
    });
    expect(report.cases[1]).toMatchObject({ ok: true, got: { mapping: { line_number: 1 } } });
    expect(report.unmet_rules).toHaveLength(5);
    expect(report.unmet_rules[0]).toEqual({
      file_name: "DIR/pg_hba.conf",
      line_number: 4,
      column: 1,
      end_column: 87,
    });
    expect(stdout).not.toContain("hunter2");
  });
});

describe("sallyport test refuses", () => {
  test.concurrent("a file of cases with mistakes, and shows them all", async ({ expect }) => {
    const lines = "user=a local => trsut\nuser=a local => trust\nuser=a => trust\n";
    const { status, stdout, stderr } = await room.run("test", ["-"], lines);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(`sallyport: error: 2 cases cannot be read, and none is tested
<stdin>:1:17: error: "trsut" is no outcome
    user=a local => trsut
                    ^^^^^
HINT:  Write a method such as scram-sha-256, or authenticate, reject, no_entry, refused, unknown.
<stdin>:3:1: error: it is not said where the client comes from
    user=a => trust
    ^^^^^^
HINT:  Write address=IP, or local for a Unix-domain socket.
`);
  });

  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["a file without a case", ["-"], "there is no case in -"],
    ["a file that is not there", ["missing.cases"], 'could not read "missing.cases"'],
    [
      "a policy that a server would refuse",
      ["--hba", "bad.conf", "passing.cases"],
      "the files cannot be used",
    ],
    ["no file", [], "missing required argument 'cases'"],
  ];
  test.concurrent.for(wrong)("%s", async ([, args, message], { expect }) => {
    const { status, stdout, stderr } = await room.run("test", args, "# nothing\n");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
