import { afterAll, beforeAll, describe, test } from "vitest";
import { bob, explainRoom } from "./explain-room.ts";
import type { ExplainRoom } from "./explain-room.ts";

let room: ExplainRoom;

beforeAll(async () => {
  room = await explainRoom();
});

afterAll(async () => {
  await room?.[Symbol.asyncDispose]();
});

describe("sallyport explain says", () => {
  test.concurrent("why nobody admits, in PostgreSQL's words, and what would help", async ({ expect }) => {
    expect(await room.explain(bob)).toEqual({
      status: 1,
      stderr: "",
      stdout: `FATAL:  no pg_hba.conf entry for host "10.21.0.7", user "bob", database "billing", no encryption
(as PostgreSQL 18 reads DIR/pg_hba.conf; 5 rules, none matches; SQLSTATE 28000)

 no  pg_hba.conf:2   hostssl  billing          all       10.20.0.0/15  scram-sha-256
                     ^^^^^^^  type: this connection has no TLS; every other column matches
 no  pg_hba.conf:4   host     all              intern    all           reject
                                               ^^^^^^  user: the user is "bob"; every other column matches
 no  pg_hba.conf:6   host     all              all       10.9.0.0/16   ldap ldapserver=l ldapbasedn=dc=x ldapbinddn=cn=y ldapbindpasswd=***
                                                         ^^^^^^^^^^^  address: 10.21.0.7 is above 10.9.0.0 .. 10.9.255.255; every other column matches
     The other 2 fail on: type 1, address 1.  (--trace shows each.)

HINT:  With TLS (sslmode=require) pg_hba.conf:2 admits it by scram-sha-256.
HINT:  To admit it without TLS, the narrowest line goes after pg_hba.conf:6:  host billing bob 10.21.0.7/32 scram-sha-256
`,
    });
  });

  test.concurrent("who admits, and what follows", async ({ expect }) => {
    expect(await room.explain([...bob, "--ssl"])).toEqual({
      status: 0,
      stderr: "",
      stdout: `Admitted by pg_hba.conf:2: scram-sha-256
(as PostgreSQL 18 reads DIR/pg_hba.conf; 5 rules, pg_hba.conf:2 decides)

yes  pg_hba.conf:2   hostssl  billing          all       10.20.0.0/15  scram-sha-256

Then: the password of role "bob", within its VALID UNTIL
      role "bob" must exist and have LOGIN
      database "billing" must exist, and "bob" have CONNECT on it
`,
    });
  });

  test.concurrent("which line rejects", async ({ expect }) => {
    const { status, stdout } = await room.explain(["-U", "intern", "-d", "shop", "--address", "127.0.0.1"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^FATAL: {2}pg_hba\.conf rejects connection for host "127\.0\.0\.1", user "intern", database "shop", no encryption\n/,
    );
    expect(stdout).toContain(
      "\nyes  pg_hba.conf:4   host     all              intern    all           reject\n",
    );
    expect(stdout).toContain("goes before pg_hba.conf:4:  host shop intern 127.0.0.1/32 scram-sha-256\n");
  });

  test.concurrent("what it would have to know, and the outcome either way", async ({ expect }) => {
    const { status, stdout } = await room.explain(["-U", "bob", "-d", "reports", "--address", "10.20.0.7"]);
    expect(status).toBe(2);
    expect(stdout.split("\n")[0]).toBe('Unknown: is "bob" a member of "readers"?');
    expect(stdout).toContain(" ??  pg_hba.conf:3   host     billing,reports  +readers");
    expect(stdout).toContain(
      "If pg_hba.conf:3 matches, it decides: admitted by scram-sha-256.\n" +
        "If not, no rule matches, and it is refused.\n" +
        "HINT:  To settle it: --roles FILE|CONNINFO.\n",
    );
  });

  test.concurrent("with a role catalogue, for sure", async ({ expect }) => {
    const reports = ["-d", "reports", "--address", "10.20.0.7", "--roles", "roles.json"];
    const known = await room.explain(["-U", "bob", ...reports]);
    expect(known.status).toBe(0);
    expect(known.stdout).toMatch(
      /\n\nThen: password: scram-sha-256 of role "bob"\n {6}role "bob" has LOGIN\n {6}"bob" has CONNECT on "reports"\n$/,
    );
    expect((await room.explain(["-U", "eve", ...reports])).status).toBe(1);
    expect((await room.explain(["-U", "nobody", ...reports])).status).toBe(1);
  });

  test.concurrent("that a map refuses, or admits by which of its lines", async ({ expect }) => {
    const local = ["-U", "app", "-d", "shop", "--local"];
    const refused = await room.explain([...local, "--system-user", "bob"]);
    expect(refused.status).toBe(1);
    expect(refused.stdout).toMatch(/^FATAL: {2}Peer authentication failed for user "app"\n/);
    expect(refused.stdout).toContain(
      '\nLOG:  no match in usermap "os" for user "app" authenticated as "bob"\n',
    );
    const admitted = await room.explain([...local, "--system-user", "alice"]);
    expect(admitted.status).toBe(0);
    expect(admitted.stdout).toContain(
      "\nThen: nothing is asked: the kernel says which OS user is at the other end of the socket\n" +
        '      identity "alice" may be "app" (line 1 of map "os")\n',
    );
    const unknown = await room.explain(local);
    expect(unknown.status).toBe(2);
    expect(unknown.stdout).toContain("HINT:  To settle it: --system-user NAME.\n");
  });

  test.concurrent("each rule, with --trace", async ({ expect }) => {
    const { stdout } = await room.explain([...bob, "--trace"]);
    expect([...stdout.matchAll(/^ no {2}pg_hba\.conf:(\d)/gm)].map(([, line]) => line)).toEqual([
      "2",
      "3",
      "4",
      "5",
      "6",
    ]);
    expect(stdout).not.toContain("hunter2");
  });
});
