import { afterAll, beforeAll, describe, test } from "vitest";
import { policyRoom } from "./policy-room.ts";
import type { PolicyRoom } from "./policy-room.ts";

const hba = `# TYPE   DATABASE         USER      ADDRESS       METHOD
local    all              postgres                peer map=os
host     all              intern    all           reject
hostssl  billing          all       10.20.0.0/16  scram-sha-256
host     billing,reports  +readers  10.20.0.0/16  scram-sha-256
host     shop             app       10.20.3.0/24  ldap ldapserver=l ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=hunter2
`;
const reader = (name: string): object => ({ name, login: true, superuser: false, member_of: ["readers"] });
const roles = {
  roles: [
    { name: "readers", login: false, superuser: false, member_of: [] },
    reader("alice"),
    reader("bob"),
    reader("carol"),
  ],
  databases: [
    { name: "billing", allow_connections: true, connect: ["public"] },
    { name: "reports", allow_connections: true, connect: ["bob"] },
  ],
};

let room: PolicyRoom;

beforeAll(async () => {
  room = await policyRoom({
    "pg_hba.conf": hba,
    "pg_ident.conf": "os root postgres\n",
    "roles.json": JSON.stringify(roles),
    "bad.conf": "local all all scarm\n",
    "odd.conf": 'local "=cmd" "+all,""x""" trust\nlocal all "@x" trust\n',
    "plain.conf": `local all all peer
host all all 127.0.0.1/32 scram-sha-256
host replication all 10.66.0.0/16 reject
host replication all all md5
`,
    "old.conf": "local all all peer\n",
  });
});

afterAll(async () => {
  await room?.[Symbol.asyncDispose]();
});

describe("sallyport matrix", () => {
  test.concurrent("says who can reach what, from where, how", async ({ expect }) => {
    expect(await room.run("matrix", [])).toEqual({
      status: 0,
      stderr: "",
      stdout: `As PostgreSQL 18 reads DIR/pg_hba.conf (5 rules).
Roles and databases: those that the files name.

  DATABASE  TYPE       ADDRESS       METHOD         LINE

postgres
  all       local                    peer           pg_hba.conf:2  if map "os" allows it
  billing   hostssl    10.20.0.0/16  scram-sha-256  pg_hba.conf:4
  billing   hostnossl  10.20.0.0/16  scram-sha-256  pg_hba.conf:5  if member of "readers"
                                     no entry                      otherwise
  reports   host       10.20.0.0/16  scram-sha-256  pg_hba.conf:5  if member of "readers"
                                     no entry                      otherwise
  all else                           no entry

intern
  all       host       all           reject         pg_hba.conf:3
  all else                           no entry

app
  billing   hostssl    10.20.0.0/16  scram-sha-256  pg_hba.conf:4
  billing   hostnossl  10.20.0.0/16  scram-sha-256  pg_hba.conf:5  if member of "readers"
                                     no entry                      otherwise
  reports   host       10.20.0.0/16  scram-sha-256  pg_hba.conf:5  if member of "readers"
                                     no entry                      otherwise
  shop      host       10.20.3.0/24  ldap           pg_hba.conf:6
  all else                           no entry

(any other)
  billing   hostssl    10.20.0.0/16  scram-sha-256  pg_hba.conf:4
  billing   hostnossl  10.20.0.0/16  scram-sha-256  pg_hba.conf:5  if member of "readers"
                                     no entry                      otherwise
  reports   host       10.20.0.0/16  scram-sha-256  pg_hba.conf:5  if member of "readers"
                                     no entry                      otherwise
  all else                           no entry
`,
    });
  });

  test.concurrent("with a catalogue for its roles and databases, and what they lack", async ({ expect }) => {
    const { stdout } = await room.run("matrix", ["--roles", "roles.json"]);
    expect(stdout).toBe(`As PostgreSQL 18 reads DIR/pg_hba.conf (5 rules).
Roles and databases: those of the catalogue.

  DATABASE  TYPE       ADDRESS       METHOD         LINE

readers
  billing   hostssl    10.20.0.0/16  scram-sha-256  pg_hba.conf:4  then refused: no LOGIN
  billing   hostnossl  10.20.0.0/16  scram-sha-256  pg_hba.conf:5  then refused: no LOGIN
  reports   host       10.20.0.0/16  scram-sha-256  pg_hba.conf:5  then refused: no LOGIN
  all else                           no entry

alice, carol
  billing   hostssl    10.20.0.0/16  scram-sha-256  pg_hba.conf:4
  billing   hostnossl  10.20.0.0/16  scram-sha-256  pg_hba.conf:5
  reports   host       10.20.0.0/16  scram-sha-256  pg_hba.conf:5  then refused: no CONNECT
  all else                           no entry

bob
  billing   hostssl    10.20.0.0/16  scram-sha-256  pg_hba.conf:4
  billing   hostnossl  10.20.0.0/16  scram-sha-256  pg_hba.conf:5
  reports   host       10.20.0.0/16  scram-sha-256  pg_hba.conf:5
  all else                           no entry
`);
  });

  test.concurrent("of one role, database and address, of one way", async ({ expect }) => {
    const from = ["-U", "bob", "-d", "billing", "--address", "10.20.0.7"];
    const table = async (...more: string[]): Promise<string[]> =>
      (await room.run("matrix", [...from, ...more])).stdout.split("\n").slice(6, -1);
    expect(await table()).toEqual([
      "  billing   hostssl    10.20.0.7  scram-sha-256  pg_hba.conf:4",
      '  billing   hostnossl  10.20.0.7  scram-sha-256  pg_hba.conf:5  if member of "readers"',
      "                                  no entry                      otherwise",
    ]);
    expect(await table("--ssl")).toEqual(["  billing   hostssl  10.20.0.7  scram-sha-256  pg_hba.conf:4"]);
    const local = ["-U", "postgres", "-d", "x", "--local", "--system-user", "www"];
    const { stdout } = await room.run("matrix", local);
    expect(stdout).toContain("\n  x         local           peer    pg_hba.conf:2  refused by its map\n");
  });

  test.concurrent("where no line names anybody, of all", async ({ expect }) => {
    const { stdout } = await room.run("matrix", ["--hba", "plain.conf"]);
    expect(stdout.split("\n").slice(5)).toEqual([
      "all",
      "  all            local                        peer           plain.conf:1  if the client has the role's name there",
      "  all            host   127.0.0.1/32          scram-sha-256  plain.conf:2",
      "  (replication)  host   10.66.0.0/16          reject         plain.conf:3",
      "  (replication)  host   all but 10.66.0.0/16  md5            plain.conf:4",
      "  all else                                    no entry",
      "",
    ]);
  });

  test.concurrent("as CSV, nothing merged, and nothing that a spreadsheet would run", async ({ expect }) => {
    const { stdout } = await room.run("matrix", ["-U", "bob", "-d", "reports", "--ssl", "--format", "csv"]);
    expect(stdout.split("\r\n")).toEqual([
      "role,database,connection,network,except,outcome,auth_method,file_name,line_number,remark",
      'bob,reports,ssl,10.20.0.0/16,,unknown,scram-sha-256,DIR/pg_hba.conf,5,"scram-sha-256 (line 5) if member of ""readers"", else no entry"',
      "bob,reports,ssl,0.0.0.0/0,10.20.0.0/16,no_entry,,,,",
      "bob,reports,ssl,::/0,,no_entry,,,,",
      "",
    ]);
    const odd = await room.run("matrix", ["--hba", "odd.conf", "--local", "--format", "csv"]);
    expect(odd.stdout).toContain(`\r\n"'+all,""x""",'=cmd,local,,,authenticate,trust,`);
    expect(odd.stdout).toContain("\r\n'@x,(any other),local,,,authenticate,trust,");
  });

  test.concurrent("as JSON, each row with an attempt that explain takes", async ({ expect }) => {
    const { stdout } = await room.run("matrix", ["-U", "app", "--format", "json"]);
    const { rows, left_out: leftOut } = JSON.parse(stdout) as {
      rows: { attempt: object; outcome: string; line_number: number | null }[];
      left_out: unknown;
    };
    expect(leftOut).toEqual([]);
    expect(rows[0]).toEqual({
      roles: ["app"],
      any_other_role: false,
      databases: ["billing"],
      database_like_role: false,
      any_other_database: false,
      physical_replication: false,
      connections: ["ssl"],
      addresses: [{ network: "10.20.0.0/16", except: [] }],
      outcome: "authenticate",
      auth_method: "scram-sha-256",
      file_name: "DIR/pg_hba.conf",
      line_number: 4,
      refused_after: null,
      may_decide: [],
      attempt: {
        user: "app",
        database: "billing",
        address: "10.20.0.1",
        ssl: true,
        gssenc: false,
        replication: false,
      },
    });
    const batch = rows.map(({ attempt }) => JSON.stringify(attempt)).join("\n");
    const answers = (await room.run("explain", ["--batch", "-"], batch)).stdout.trimEnd().split("\n");
    expect(answers.map((line) => (JSON.parse(line) as { outcome: string }).outcome)).toEqual(
      rows.map(({ outcome }) => outcome),
    );
    expect(stdout).not.toContain("hunter2");
  });
});

describe("sallyport matrix refuses", () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["a policy that a server would refuse", ["--hba", "bad.conf"], "the files cannot be used"],
    ["an address that is none", ["--address", "10.0.0.256"], '"10.0.0.256" is no IP address'],
    ["two places", ["--local", "--address", "::1"], "--local excludes --address, --ssl and --gssenc"],
    ["two encryptions", ["--ssl", "--gssenc"], "--ssl and --gssenc exclude each other"],
    ["the name of every client", ["--hostname", "x"], "--hostname is the name of one client"],
    [
      "roles that are others in each database",
      ["--hba", "old.conf", "--server-version", "16", "-c", "db_user_namespace=on"],
      "a matrix cannot be made with db_user_namespace = on",
    ],
  ];
  test.concurrent.for(wrong)("%s", async ([, args, message], { expect }) => {
    const { status, stdout, stderr } = await room.run("matrix", args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
