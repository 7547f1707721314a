import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkRoom, hba, noSuchHost } from "./check-room.ts";
import { serve } from "./cli.ts";

const room = checkRoom();
const { check, findings, makeGate } = room;

describe("a gate in which nothing is wrong", () => {
  test("is said so in one line", async () => {
    const directory = await makeGate();
    expect(await check(["-D", directory])).toEqual({
      status: 0,
      stdout: "sallyport.conf, pg_hba.conf (2 rules), pg_ident.conf (0 lines): nothing to report\n",
      stderr: "",
    });
  });

  test("may be named by SALLYPORT_GATE", async () => {
    const { status, stdout } = await check([], { env: { SALLYPORT_GATE: await makeGate() } });
    expect([status, stdout]).toEqual([0, expect.stringContaining(": nothing to report\n")]);
  });

  test("is left as it is", async () => {
    const directory = await makeGate();
    const before = await readdir(directory);
    await check(["-D", directory]);
    expect(await readdir(directory)).toEqual(before);
  });

  test("may run meanwhile: gate-runs", async () => {
    const directory = await makeGate();
    await using gate = await serve(["-D", directory]);
    expect(await findings(directory)).toEqual([`gate-runs the gateway of this gate runs (PID ${gate.pid})`]);
    expect(await gate.stop("SIGTERM")).toBe(0);
  });
});

describe("lines of ldap", () => {
  test("ldap-line, ldap-trust: that can let nobody in", async () => {
    const directory = await makeGate({
      hba: `host all a all ldap ldapserver=l:389 ldapprefix=x
host all b all ldap ldapbasedn=o=x
host all c all ldap ldapserver=l ldapbasedn=dc=x ldapsearchfilter=broken
host all d all ldap ldapserver=l ldapprefix=x ldaptls=1
host all e all ldap ldapserver=l ldapprefix=x
`,
    });
    const { stdout } = await check(["-D", directory], { env: { LDAPNOINIT: "1" } });
    const said = stdout.split("\n").filter((text) => /\[ldap-(?:line|trust)\]$/.test(text));
    expect(said.map((text) => text.slice(text.indexOf("pg_hba.conf")))).toEqual([
      "pg_hba.conf:1:16: warning: could not initialize LDAP: Bad parameter to an ldap routine [ldap-line]",
      "pg_hba.conf:2:16: warning: could not extract domain name from ldapbasedn [ldap-line]",
      'pg_hba.conf:3:16: warning: could not search LDAP for filter "broken" on server "l": Bad search filter [ldap-line]',
      "pg_hba.conf:4:16: warning: no TLS with the directory: no certificate authority is trusted: set TLS_CACERT in ldap.conf, or LDAPTLS_CACERT [ldap-trust]",
    ]);
  });
});

describe("the answer", () => {
  test("has a line with a caret for each finding, the file in order, and the counts at the end", async () => {
    const text =
      "host all all all scarm\nlocal all all md5\nhostssl all all all scram-sha-256\nlocal all all peer map=x\n";
    const directory = await makeGate({ hba: text });
    const { status, stdout } = await check(["-D", directory, "--offline"]);
    expect(status).toBe(1);
    expect(stdout.replaceAll(directory.replace(room.path, "ROOM"), "GATE").split("\n")).toEqual([
      'GATE/pg_hba.conf:1:18: error: invalid authentication method "scarm" [hba-refused]',
      "    host all all all scarm",
      "                     ^^^^^",
      "GATE/pg_hba.conf:2:15: info: roles whose password is kept as an MD5 hash log in with that hash [md5-local]",
      "    local all all md5",
      "                  ^^^",
      "HINT:  Roles with a SCRAM secret use SCRAM by this line, too: when all have one, write scram-sha-256.",
      "GATE/pg_hba.conf:3:1: warning: hostssl record cannot match because SSL is disabled [hba-warning]",
      "    hostssl all all all scram-sha-256",
      "    ^^^^^^^",
      'HINT:  Set "ssl = on" in postgresql.conf.',
      'GATE/pg_hba.conf:4:20: info: no line of pg_ident.conf is of map "x" [map-missing]',
      "    local all all peer map=x",
      "                       ^^^^^",
      "not checked: the upstream: --offline",
      "sallyport.conf, pg_hba.conf (3 rules), pg_ident.conf (0 lines): 1 error, 1 warning, 2 infos",
      "",
    ]);
  });

  test("is one JSON document with --format json", async () => {
    const directory = await makeGate({
      hba: "local all all scram-sha-256\nhostssl all all all scram-sha-256\n",
    });
    const { status, stdout } = await check(["-D", directory, "--offline", "--format", "json"]);
    expect(status).toBe(1);
    const name = directory.replace(room.path, "ROOM");
    expect(JSON.parse(stdout)).toEqual({
      findings: [
        {
          id: "hba-warning",
          severity: "warning",
          place: { file_name: `${name}/pg_hba.conf`, line_number: 2, column: 1, end_column: 8 },
          message: "hostssl record cannot match because SSL is disabled",
          detail: null,
          hint: 'Set "ssl = on" in postgresql.conf.',
          fix: null,
          covered_by: [],
          references: [],
        },
      ],
      ignored: [],
      summary: {
        errors: 0,
        warnings: 1,
        infos: 0,
        ignored: 0,
        files: [
          { file_name: `${name}/sallyport.conf`, kind: "settings", entries: null },
          { file_name: `${name}/pg_hba.conf`, kind: "hba", entries: 2 },
          { file_name: `${name}/pg_ident.conf`, kind: "ident", entries: 0 },
        ],
        not_checked: ["the upstream: --offline"],
        not_told: [],
      },
    });
  });

  test.for([
    ["local all all scarm\n", "error", 1],
    ["local all all scram-sha-256\nhostssl all all all scram-sha-256\n", "error", 0],
    ["local all all scram-sha-256\nhostssl all all all scram-sha-256\n", "warning", 1],
    ["local all all peer map=x\n", "warning", 0],
    ["local all all peer map=x\n", "info", 1],
  ] as const)("%j with --fail-on %s: exit status %i", async ([text, severity, wanted]) => {
    const directory = await makeGate({ hba: text });
    const { status } = await check(["-D", directory, "--offline", "--fail-on", severity]);
    expect(status).toBe(wanted);
  });

  test("holds no secret", async () => {
    const line = "host all all all ldap ldapserver=l ldapbasedn=x ldapbindpasswd=hunter2";
    const secret = [
      "password = hunter2",
      `upstream = 'host=127.0.0.1 port=1 user=sallyport password=hunter2 sslmode=require'`,
      `upstream = 'host=127.0.0.1 port=1 password=hunter2 options=-csearch_path=x'`,
      `upstream = 'postgres://sallyport:hunter2@127.0.0.1:1/x?sslmode=nonsense'`,
      `upstream = 'postgres://sallyport:hunter2@[127.0.0.1'`,
    ];
    for (const conf of secret) {
      const directory = await makeGate({
        conf,
        hba: `${line}\n${line} "ldapbindpasswd hunter2"\n${line} scarm\n`,
      });
      for (const format of ["text", "json"]) {
        const { status, stdout, stderr } = await check(["-D", directory, "--format", format]);
        expect([status, stderr]).toEqual([1, ""]);
        expect(stdout).not.toContain("hunter2");
      }
      const { stdout } = await check([join(directory, "pg_hba.conf")]);
      expect(stdout).toContain("ldapbindpasswd=***");
      expect(stdout).not.toContain("hunter2");
    }
  });
});

test("pam-service-missing: the service that decides in its place is another one", async () => {
  const text = "host all all all pam pamservice=Login\nhost all all all pam pamservice=no-such-thing\n";
  expect(await findings(await makeGate({ hba: text }))).toEqual([
    'pam-service-missing 2:22 there is no PAM service "no-such-thing"',
  ]);
});

describe("settings", () => {
  test("setting-refused: every one, with the nearest name; nothing else can be looked at", async () => {
    const directory = await makeGate({ conf: "prot = 1\nmax_connections = many" });
    const { status, stdout } = await check(["-D", directory]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'sallyport.conf:7:1: error: unrecognized configuration parameter "prot" [setting-refused]\n    prot = 1\n    ^^^^\nHINT:  Perhaps you meant "port".\n',
    );
    expect(stdout).toContain(
      'sallyport.conf:8:19: error: invalid value for parameter "max_connections": "many"',
    );
    expect(stdout).toContain(
      "not checked: everything but sallyport.conf: its settings cannot be used\nsallyport.conf: 2 errors\n",
    );
  });

  test("include-skipped", async () => {
    const directory = await makeGate({ conf: "include_if_exists = 'more.conf'" });
    expect(await findings(directory)).toEqual([
      'include-skipped 7:21 skipping missing configuration file "GATE/more.conf"',
    ]);
  });

  test("-c overrides them", async () => {
    expect(await findings(await makeGate(), "-c", "port=0")).toEqual([
      'setting-refused 0 is outside the valid range for parameter "port" (1 .. 65535)',
    ]);
  });

  test("what is for files alone is refused", async () => {
    const { status, stderr } = await check(["-D", await makeGate(), "--without", "ssl"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("--with and --without are for files")]);
  });
});

describe("the two files", () => {
  test("hba-not-enforceable, beside what PostgreSQL refuses", async () => {
    const directory = await makeGate({
      hba: "local all all ident\nlocal all all scarm\nhost all all all md5\n",
      conf: "auth_source = upstream\nupstream_auth = passthrough",
    });
    expect(await findings(directory, "--offline")).toEqual([
      "nothing-to-pass 1:15 method peer leaves nothing to pass on to the upstream",
      'hba-refused 2:15 invalid authentication method "scarm"',
      'hba-not-enforceable 3:18 invalid authentication method "md5": not supported with auth_source=upstream',
    ]);
  });

  test("a comment ignores what is found of a gate's lines, too, but no error", async () => {
    const comment = "# sallyport: ignore nothing-to-pass, hba-not-enforceable -- nobody comes in by it";
    const directory = await makeGate({
      hba: `local all all ident ${comment}\nhost all all samehost md5\n`,
      conf: "auth_source = upstream\nupstream_auth = passthrough",
    });
    const { stdout } = await check(["-D", directory, "--offline"]);
    expect(stdout.match(/\[.*\]$/gm)).toEqual(["[ignore-refused]", "[hba-not-enforceable]", "[md5-local]"]);
    expect(stdout).toContain(
      "the comment is not followed: hba-not-enforceable is an error [ignore-refused]\n",
    );
    expect(stdout).toMatch(/: 1 error, 1 warning, 1 info, 1 ignored\n$/);
  });

  test("hba-refused: also if it is missing, or empty", async () => {
    const directory = await makeGate({ hba: "# nothing\n" });
    expect(await findings(directory, "--offline")).toEqual([
      'hba-refused configuration file "GATE/pg_hba.conf" contains no entries',
    ]);
    await rm(join(directory, "pg_hba.conf"));
    expect(await findings(directory, "--offline")).toEqual([
      'hba-refused could not open file "GATE/pg_hba.conf": No such file or directory',
    ]);
  });

  test("ident-refused is a warning, as at start; its maps are then not missed", async () => {
    const directory = await makeGate({ hba: "local all all peer map=os\n", ident: "os alice\n" });
    expect(await findings(directory, "--offline")).toEqual([
      "ident-refused 1:1 missing entry at end of line",
    ]);
  });

  test("host-name-unknown, unless nobody may be asked", async () => {
    const directory = await makeGate({ hba: `host all all ${noSuchHost} scram-sha-256\n` });
    const { stdout } = await check(["-D", directory]);
    expect(stdout).toContain(
      `pg_hba.conf:1:14: warning: could not translate host name "${noSuchHost}" to address: Name or service not known [host-name-unknown]\n`,
    );
    const offline = await check(["-D", directory, "--offline"]);
    expect(offline.stdout).toMatch(/^not checked: host names: --offline\n/);
  });
});

describe("files", () => {
  test("are read as a PostgreSQL server would, each with its maps", async () => {
    const directory = await makeGate({
      hba: "host all all all ldap ldapserver=l\nlocal all all peer map=x\nlocal all all scarm\n",
    });
    const [own, maps] = [join(directory, "pg_hba.conf"), join(directory, "pg_ident.conf")];
    const alone = await check([own]);
    expect(alone.status).toBe(1);
    expect(alone.stdout.match(/\[.*\]$/gm)).toEqual(["[hba-refused]", "[hba-refused]"]);
    expect((await check([own, maps])).stdout.match(/\[.*\]$/gm)).toEqual([
      "[hba-refused]",
      "[map-missing]",
      "[hba-refused]",
    ]);
    expect(await check(["--ident", maps])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/pg_ident.conf \(0 lines\): nothing to report\n$/),
    });
  });

  test("may come from standard input, and may be several", async () => {
    const { status, stdout } = await check(["-", "--hba", join(await makeGate(), "pg_hba.conf")], {
      input: hba,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/pg_hba.conf \(2 rules\), .*<stdin> \(2 rules\): nothing to report\n$/);
  });

  test("with -D of a gate are read as its gateway would", async () => {
    const directory = await makeGate({ conf: "auth_source = upstream\nupstream_auth = passthrough" });
    const file = join(room.path, "new.conf");
    await writeFile(file, "host all all samehost md5\n");
    expect((await check([file])).status).toBe(0);
    const { status, stdout } = await check(["-D", directory, file]);
    expect(status).toBe(1);
    expect(stdout).toContain("[hba-not-enforceable]");
  });

  test("of a PostgreSQL server's directory are both read", async () => {
    const { status, stdout } = await check(["-D", join(room.server.paths.hba, "..")]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/pg_hba.conf \(1 rule\), .*pg_ident.conf \(0 lines\): 1 info\n$/);
  });

  test.for([
    [["-D", "/nowhere"], '"/nowhere" is the directory of neither a gate nor a PostgreSQL server'],
    [["/nowhere/pg_hba.conf"], 'could not open file "/nowhere/pg_hba.conf": No such file or directory'],
    [["/nowhere/pg_ident.conf"], 'could not open file "/nowhere/pg_ident.conf": No such file or directory'],
    [[], "sallyport does not know where to find the files"],
    [["--fail-on", "nothing", "x"], "Allowed choices are error, warning, info."],
    [["--format", "xml", "x"], "Allowed choices are text, json, sarif, github."],
  ] as const)("%j cannot be read: exit status 2", async ([args, words]) => {
    const { status, stdout, stderr } = await check(args);
    expect([status, stdout, stderr]).toEqual([2, "", expect.stringContaining(words)]);
  });
});
