import { once } from "node:events";
import { chmod, chown, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateAuthority, freePort, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { IssuedCertificate, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { encodeErrorResponse } from "@sallyport/wire";
import { sallyport, serve } from "./cli.ts";
import type { CliOptions } from "./cli.ts";

/** No resolver is asked for it: a label may have 63 characters. */
const noSuchHost = `${"x".repeat(64)}.example`;

const hba = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n";

let server: TestPostgres;
let old: TestPostgres;
let room: TempDirectory;
let port: number;
let gates = 0;

beforeAll(async () => {
  [server, old, room, port] = await Promise.all([
    startPostgres({ settings: { max_connections: "20" } }),
    startPostgres({ major: 15 }),
    tempDirectory(),
    freePort(),
  ]);
  const statements = [
    "create role sallyport login",
    "grant select (rolname, rolpassword) on pg_authid to sallyport",
    "create role ordinary login",
  ];
  await Promise.all(
    [server, old].map(async (each) => await each.psql(statements.flatMap((sql) => ["-c", sql]))),
  );
});

afterAll(async () => {
  await server?.stop();
  await old?.stop();
  await room?.remove();
});

type IssuedFiles = Pick<IssuedCertificate, "certFile" | "keyFile">;

interface GateText {
  readonly hba?: string;
  readonly ident?: string;
  readonly upstream?: string;
  /** More lines of sallyport.conf. */
  readonly conf?: string;
}

function conninfo(of: TestPostgres, user = "sallyport"): string {
  return `host=${of.socketDirectory} port=${of.port} user=${user} dbname=postgres`;
}

interface FakeServer extends AsyncDisposable {
  readonly port: number;
}

/** Does something with each connection that has said something. */
async function fakeServer(answer: (socket: Socket) => void): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

/** A gate in front of the server, in which nothing is wrong unless the text says so. */
async function makeGate(text: GateText = {}): Promise<string> {
  const directory = join(room.path, `gate${(gates += 1)}`);
  await mkdir(directory, { mode: 0o711 });
  const settings = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    `unix_socket_directories = '${directory}/s'`,
    "max_connections = 10",
    "upstream_auth = service",
    `upstream = '${text.upstream ?? conninfo(server)}'`,
  ].join("\n");
  const write = async (name: string, contents: string): Promise<void> =>
    await writeFile(join(directory, name), contents, { mode: 0o600 });
  await write("sallyport.conf", `${settings}\n${text.conf ?? ""}\n`);
  await write("pg_hba.conf", text.hba ?? hba);
  await write("pg_ident.conf", text.ident ?? "os alice app\n");
  return directory;
}

interface Checked {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(args: readonly string[], options: CliOptions = {}): Promise<Checked> {
  const { status, stdout, stderr } = await sallyport(["check", ...args], { cwd: room.path, ...options });
  return {
    status,
    stdout: stdout.replaceAll(room.path, "ROOM"),
    stderr: stderr.replaceAll(room.path, "ROOM"),
  };
}

interface FoundJson {
  readonly id: string;
  readonly severity: string;
  readonly message: string;
  readonly place: { readonly line_number: number; readonly column: number } | null;
}

/** The findings of a gate: `id line:column message`. */
async function findings(directory: string, ...args: readonly string[]): Promise<string[]> {
  const { stdout, stderr } = await check(["-D", directory, "--format", "json", ...args]);
  expect(stderr).toBe("");
  const json = JSON.parse(stdout.replaceAll(directory.replace(room.path, "ROOM"), "GATE")) as {
    findings: FoundJson[];
  };
  return json.findings.map(({ id, place, message }) => {
    const at = place === null ? "" : ` ${place.line_number}:${place.column}`;
    return `${id}${at} ${message.replaceAll(/user ID \d+/g, "user N")}`;
  });
}

describe("a gate in which nothing is wrong", () => {
  test("is said so in one line", async () => {
    const directory = await makeGate();
    expect(await check(["-D", directory])).toEqual({
      status: 0,
      stdout: "sallyport.conf, pg_hba.conf (2 rules), pg_ident.conf (1 line): nothing to report\n",
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

describe("the answer", () => {
  test("has a line with a caret for each finding, the file in order, and the counts at the end", async () => {
    const text =
      "host all all all scarm\nlocal all all trust\nhostssl all all all trust\nlocal all all peer map=x\n";
    const directory = await makeGate({ hba: text });
    const { status, stdout } = await check(["-D", directory, "--offline"]);
    expect(status).toBe(1);
    expect(stdout.replaceAll(directory.replace(room.path, "ROOM"), "GATE").split("\n")).toEqual([
      'GATE/pg_hba.conf:1:18: error: invalid authentication method "scarm" [hba-refused]',
      "    host all all all scarm",
      "                     ^^^^^",
      "GATE/pg_hba.conf:3:1: warning: hostssl record cannot match because SSL is disabled [hba-warning]",
      "    hostssl all all all trust",
      "    ^^^^^^^",
      'HINT:  Set "ssl = on" in postgresql.conf.',
      'GATE/pg_hba.conf:4:20: info: no line of pg_ident.conf is of map "x" [map-missing]',
      "    local all all peer map=x",
      "                       ^^^^^",
      "not checked: the upstream: --offline",
      "sallyport.conf, pg_hba.conf (3 rules), pg_ident.conf (1 line): 1 error, 1 warning, 1 info",
      "",
    ]);
  });

  test("is one JSON document with --format json", async () => {
    const directory = await makeGate({ hba: "local all all trust\nhostssl all all all trust\n" });
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
      summary: {
        errors: 0,
        warnings: 1,
        infos: 0,
        files: [
          { file_name: `${name}/sallyport.conf`, kind: "settings", entries: null },
          { file_name: `${name}/pg_hba.conf`, kind: "hba", entries: 2 },
          { file_name: `${name}/pg_ident.conf`, kind: "ident", entries: 1 },
        ],
        not_checked: ["the upstream: --offline"],
      },
    });
  });

  test.for([
    ["local all all scarm\n", "error", 1],
    ["local all all trust\nhostssl all all all trust\n", "error", 0],
    ["local all all trust\nhostssl all all all trust\n", "warning", 1],
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
      hba: "local all all ident\nlocal all all scarm\nhost all all all ident\n",
    });
    expect(await findings(directory, "--offline")).toEqual([
      'hba-refused 2:15 invalid authentication method "scarm"',
      'hba-not-enforceable 3:18 invalid authentication method "ident": not supported by this build',
    ]);
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
    const directory = await makeGate({ hba: `host all all ${noSuchHost} trust\n` });
    const { stdout } = await check(["-D", directory]);
    expect(stdout).toContain(
      `pg_hba.conf:1:14: warning: could not translate host name "${noSuchHost}" to address: Name or service not known [host-name-unknown]\n`,
    );
    const offline = await check(["-D", directory, "--offline"]);
    expect(offline.stdout).toMatch(/^not checked: host names: --offline\n/);
  });
});

describe("permissions and places", () => {
  test("writable-by-others: each file of the gate, and what they include", async () => {
    const directory = await makeGate({ hba: "include more\n", conf: "include_if_exists = 'more.conf'" });
    await writeFile(join(directory, "more"), hba);
    await writeFile(join(directory, "more.conf"), "");
    const names = ["sallyport.conf", "more.conf", "pg_hba.conf", "pg_ident.conf", "more"];
    for (const name of names) await chmod(join(directory, name), 0o622);
    expect(await findings(directory, "--offline")).toEqual(
      names.map((name) => `writable-by-others "GATE/${name}" may be written by everybody`),
    );
  });

  test("writable-by-others: directories, too, also where the settings are of no use", async () => {
    const directory = await makeGate({ conf: "prot = 1" });
    await chmod(directory, 0o777);
    expect(await findings(directory)).toEqual([
      'setting-refused 7:1 unrecognized configuration parameter "prot"',
      'writable-by-others "GATE" may be written by everybody',
    ]);
  });

  test("readable-by-others and node-key-refused", async () => {
    const directory = await makeGate();
    await writeFile(join(directory, "node.key"), "short", { mode: 0o644 });
    expect(await findings(directory, "--offline")).toEqual([
      'node-key-refused "GATE/node.key" must have 32 bytes, and has 5',
      'readable-by-others "GATE/node.key" has group or world access',
    ]);
  });

  test("passfile-ignored", async () => {
    const passfile = join(room.path, "passfile");
    await writeFile(passfile, "*:*:*:*:hunter2\n", { mode: 0o644 });
    const directory = await makeGate({ upstream: `${conninfo(server)} passfile=${passfile}` });
    expect(await findings(directory)).toEqual([
      'passfile-ignored password file "ROOM/passfile" has group or world access; permissions should be u=rw (0600) or less',
    ]);
  });

  test("data-directory", async () => {
    const directory = await makeGate({ conf: "data_directory = 'data'" });
    expect(await findings(directory, "--offline")).toEqual([
      'data-directory data directory "GATE/data" cannot be used: No such file or directory',
    ]);
  });

  test("listen-address; if no other is left, no-door", async () => {
    const directory = await makeGate();
    const missing = 'listen-address no interface of this machine has the address "192.0.2.1"';
    expect(await findings(directory, "--offline", "-c", "listen_addresses=::1,192.0.2.1")).toEqual([missing]);
    expect(await findings(directory, "--offline", "-c", "listen_addresses=192.0.2.1")).toEqual([
      missing,
      "no-door could not create any TCP/IP sockets",
    ]);
    const unknown = await findings(directory, "-c", `listen_addresses=*,${noSuchHost}`);
    expect(unknown).toEqual([
      expect.stringMatching(/^listen-address could not translate host name "x+\.example"/),
    ]);
  });

  test("socket-path, socket-directory, socket-group", async () => {
    const directory = await makeGate();
    const long = join(directory, "x".repeat(100));
    expect(await findings(directory, "--offline", "-c", `unix_socket_directories=${long}`)).toEqual([
      expect.stringMatching(/^socket-path Unix-domain socket path ".*" is too long \(maximum 107 bytes\)$/),
      "no-door could not create any Unix-domain sockets",
    ]);
    const file = join(directory, "pg_hba.conf");
    expect(await findings(directory, "--offline", "-c", `unix_socket_directories=${file}/s`)).toEqual([
      `socket-directory could not create lock file "GATE/pg_hba.conf/s/.s.PGSQL.${port}.lock": Not a directory`,
    ]);
    expect(await findings(directory, "--offline", "-c", "unix_socket_group=no-such-group")).toEqual([
      'socket-group group "no-such-group" does not exist',
      "no-door 3:27 could not create any Unix-domain sockets",
    ]);
  });

  test("no-door: nowhere at all", async () => {
    const nowhere = ["-c", "listen_addresses=", "-c", "unix_socket_directories="];
    expect(await findings(await makeGate(), "--offline", ...nowhere)).toEqual([
      "no-door no socket created for listening",
    ]);
  });

  test("socket-held: by another server", async () => {
    const directory = await makeGate();
    const place = [`unix_socket_directories=${server.socketDirectory}`, `port=${server.port}`];
    const { stdout } = await check(["-D", directory, "--offline", ...place.flatMap((each) => ["-c", each])]);
    expect(stdout).toContain(`error: lock file "${server.paths.socket}.lock" already exists [socket-held]\n`);
    expect(stdout).toContain(
      `Is another server (PID ${server.pid}) using socket file "${server.paths.socket}"?`,
    );
  });
});

describe.skipIf(process.getuid?.() !== 0)("as root, for somebody else", () => {
  test("other-user", async () => {
    const directory = await makeGate();
    await chown(directory, 4321, 4321);
    expect(await findings(directory, "--offline")).toEqual([
      'other-user the check runs as user N, and "GATE" belongs to user N',
    ]);
  });
});

describe("TLS with the clients", () => {
  const tls = (directory: string, files: IssuedFiles): string =>
    `ssl = on\nssl_cert_file = '${files.certFile}'\nssl_key_file = '${files.keyFile}'\n${directory}`;

  test("nothing is found where all is well", async () => {
    await using authority = await certificateAuthority();
    const certificate = await authority.issue({ subject: "/CN=localhost", days: 90 });
    const conf = tls(`ssl_ca_file = '${authority.certFile}'`, certificate);
    const text =
      "hostssl all all all scram-sha-256 clientcert=verify-full\nhostssl all all all cert map=os\n";
    expect(await findings(await makeGate({ conf, hba: text }))).toEqual([]);
  });

  test("tls-refused: a file that cannot be used", async () => {
    await using authority = await certificateAuthority();
    const [one, other] = [
      await authority.issue({ subject: "/CN=localhost" }),
      await authority.issue({ subject: "/CN=localhost" }),
    ];
    const conf = tls("", { certFile: one.certFile, keyFile: other.keyFile });
    expect(await findings(await makeGate({ conf }))).toEqual([
      `tls-refused could not load private key file "${other.keyFile}": key values mismatch`,
    ]);
    await chmod(one.keyFile, 0o644);
    expect(await findings(await makeGate({ conf: tls("", one) }))).toEqual([
      `tls-refused private key file "${one.keyFile}" has group or world access`,
    ]);
  });

  test("tls-certificate: one that is out of date, or soon will be", async () => {
    await using authority = await certificateAuthority();
    const found: string[] = [];
    for (const valid of ["now", "expired", "not yet"] as const) {
      const certificate = await authority.issue({ subject: "/CN=localhost", valid });
      found.push(...(await findings(await makeGate({ conf: tls("", certificate) }))));
    }
    const said = found.map((one) => one.replaceAll(/"[^"]+"/g, "FILE").replaceAll(/\d+-\d+-\d+/g, "DATE"));
    expect(said).toEqual([
      "tls-certificate the certificate in FILE expires on DATE",
      "tls-certificate the certificate in FILE has expired on DATE",
      "tls-certificate the certificate in FILE is not valid before DATE",
    ]);
  });

  test("no-authority: lines that ask for certificates that nobody can check", async () => {
    await using authority = await certificateAuthority();
    const certificate = await authority.issue({ subject: "/CN=localhost", days: 90 });
    const text = "hostssl all all all cert\nhostssl all all all trust clientcert=verify-ca\n";
    const message = "client certificates can only be checked if a root certificate store is available";
    expect(await findings(await makeGate({ conf: tls("", certificate), hba: text }))).toEqual([
      `no-authority 1:21 ${message}`,
      `no-authority 2:21 ${message}`,
    ]);
  });
});

describe("the upstream", () => {
  test("upstream-unreachable; with --offline it is not asked", async () => {
    const directory = await makeGate({ upstream: "host=127.0.0.1 port=1 user=sallyport" });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(
        /^upstream-unreachable 6:12 connection to server at "127.0.0.1", port \d+ failed: connection refused$/i,
      ),
    ]);
    expect(await findings(directory, "--offline")).toEqual([]);
  });

  test("upstream-unreachable: it refuses the role of the catalogue", async () => {
    const directory = await makeGate({ upstream: conninfo(server, "nobody") });
    expect(await findings(directory)).toEqual([
      `upstream-unreachable 6:12 connection to server on socket "${server.paths.socket}" failed: role "nobody" does not exist`,
    ]);
  });

  test("in TLS: the server that is meant, or none; and who may write what decides that", async () => {
    await using ca = await certificateAuthority();
    await using other = await certificateAuthority({ subject: "/CN=another root" });
    const { chain, key } = await ca.issue({ subject: "/CN=localhost", names: "DNS:localhost" });
    const encrypted = await startPostgres({
      tcp: true,
      hba: "local all all trust\nhostssl all all all trust\n",
      ssl: { chain, key },
      settings: { max_connections: "200" },
    });
    await encrypted.psql([
      "-c",
      "create role sallyport login",
      "-c",
      "grant select on pg_authid to sallyport",
    ]);
    const gate = async (more: string): Promise<string> => {
      const to = `host=127.0.0.1 port=${encrypted.port} user=sallyport dbname=postgres`;
      return await makeGate({ upstream: `${to} ${more}` });
    };
    const away = `upstream-unreachable 6:12 connection to server at "127.0.0.1", port ${encrypted.port} failed:`;
    try {
      expect(await findings(await gate(`sslmode=verify-ca sslrootcert=${ca.certFile}`))).toEqual([]);
      expect(await findings(await gate(`sslmode=verify-ca sslrootcert=${other.certFile}`))).toEqual([
        `${away} SSL error: certificate verify failed: unable to verify the first certificate`,
      ]);
      expect(await findings(await gate(`sslmode=verify-full sslrootcert=${ca.certFile}`))).toEqual([
        `${away} server certificate for "localhost" (and 1 other name) does not match host name "127.0.0.1"`,
      ]);
      expect(await findings(await gate("sslmode=verify-ca sslrootcert=/nonexistent/root.crt"))).toEqual([
        expect.stringContaining(`${away} root certificate file "/nonexistent/root.crt" does not exist`),
      ]);
      await chmod(ca.certFile, 0o666);
      expect(await findings(await gate(`sslmode=verify-ca sslrootcert=${ca.certFile}`))).toEqual([
        `writable-by-others "${ca.certFile}" may be written by everybody`,
      ]);
    } finally {
      await encrypted.stop();
    }
  });

  test("upstream-host-away: one of several, each asked by itself", async () => {
    const hosts = `host=${server.socketDirectory},127.0.0.1 port=${server.port},1`;
    const directory = await makeGate({ upstream: `${hosts} user=sallyport dbname=postgres` });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(
        /^upstream-host-away 6:12 connection to server at "127.0.0.1", port \d+ failed: /,
      ),
    ]);
  });

  test("one that says nothing is given up, and what it says is not obeyed by a terminal", async () => {
    await using silent = await fakeServer(() => undefined);
    await using rude = await fakeServer((socket) => {
      const fields = [
        { type: "S", value: "FATAL" },
        { type: "C", value: "28000" },
        { type: "M", value: "\u001b[2Jgone" },
      ];
      socket.end(encodeErrorResponse(fields));
    });
    const upstream = ({ port }: FakeServer, seconds: number): string =>
      `host=127.0.0.1 port=${port} user=sallyport connect_timeout=${seconds} sslmode=disable`;
    expect(await findings(await makeGate({ upstream: upstream(silent, 2) }))).toEqual([
      expect.stringMatching(/^upstream-unreachable 6:12 .*timeout expired$/),
    ]);
    const { stdout } = await check(["-D", await makeGate({ upstream: upstream(rude, 30) })]);
    expect(stdout).toContain(String.raw`failed: \u001b[2Jgone [upstream-unreachable]`);
  });

  test("upstream-refused: what is no connection string, or asks for what is not done", async () => {
    const refused = async (upstream: string): Promise<string[]> =>
      await findings(await makeGate({ upstream }));
    expect(await refused("nonsense")).toEqual([
      'upstream-refused 6:12 missing "=" after "nonsense" in connection info string',
    ]);
    expect(await refused("host=x gssencmode=require")).toEqual([
      "upstream-refused 6:12 connection option gssencmode=require is not supported by this build",
    ]);
    expect(await refused("host=x sslnegotiation=direct")).toEqual([
      expect.stringMatching(/^upstream-refused 6:12 weak sslmode "prefer" may not be used/),
    ]);
    expect(await refused("service=nobody-has-it")).toEqual([
      'upstream-refused 6:12 definition of service "nobody-has-it" not found',
    ]);
    expect(await refused("host=x options=-csearch_path=x")).toEqual([
      'upstream-refused 6:12 "upstream" sets options',
    ]);
  });

  test("upstream-version", async () => {
    const directory = await makeGate({ upstream: conninfo(old) });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(
        /^upstream-version 6:12 the two files are read as PostgreSQL 18 reads them, and the server on socket ".*" is PostgreSQL 15\.\d+$/,
      ),
    ]);
    expect((await check(["-D", directory])).status).toBe(0);
  });

  test("upstream-connections", async () => {
    const directory = await makeGate();
    expect(await findings(directory, "-c", "max_connections=17")).toEqual([
      `upstream-connections 6:12 max_connections lets in 17 clients, and the server on socket "${server.paths.socket}" has 17 slots for ordinary roles`,
    ]);
    expect(await findings(directory, "-c", "max_connections=16")).toEqual([]);
  });

  test("catalogue-rights, with what to do", async () => {
    const directory = await makeGate({ upstream: conninfo(server, "ordinary") });
    const { status, stdout } = await check(["-D", directory]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'error: role "ordinary" cannot read the catalogue: permission denied for table pg_authid [catalogue-rights]\n' +
        'HINT:  "sallyport init --catalog-sql" prints the grants that it needs in database "postgres".\n',
    );
  });

  test("catalogue-away: the hosts answer, and none is what is asked for", async () => {
    const directory = await makeGate({ upstream: `${conninfo(server)} target_session_attrs=standby` });
    expect(await findings(directory)).toEqual([
      expect.stringMatching(/^catalogue-away 6:12 .*not in hot standby mode/),
    ]);
  });

  test("catalogue-superuser", async () => {
    const directory = await makeGate({ upstream: conninfo(server, server.superuser) });
    expect(await findings(directory)).toEqual([
      `catalogue-superuser 6:12 the role of the catalogue, "${server.superuser}", is a superuser and need not be`,
    ]);
  });

  test("auth-query-refused", async () => {
    const refused = async (query: string): Promise<string[]> =>
      await findings(await makeGate({ conf: `auth_source = query\nauth_query = '${query}'` }));
    expect(await refused("select usename, passwd from pg_shadow where usename = $1")).toEqual([
      "auth-query-refused 6:12 auth_query cannot be run: permission denied for view pg_shadow",
    ]);
    expect(await refused("select rolname from pg_authid where rolname = $1")).toEqual([
      "auth-query-refused 6:12 auth_query must return two columns, name and secret, and returns 1",
    ]);
    expect(await refused("select rolname, rolpassword from pg_authid where rolname = $1")).toEqual([]);
  });

  test("upstream-refused: passwords would go there in clear", async () => {
    const conf = "auth_source = upstream\nupstream_auth = passthrough";
    const directory = await makeGate({
      conf,
      hba: "local all all password\n",
      upstream: "host=127.0.0.1 user=x",
    });
    expect(await findings(directory)).toEqual([
      "upstream-refused 6:12 auth_source=upstream would send passwords over a connection that is not verified",
    ]);
  });

  test("of an embedded one it is said that it is not asked", async () => {
    const directory = await makeGate({ upstream: "embedded" });
    const { status, stdout } = await check(["-D", directory]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "not checked: the upstream: the gateway starts its embedded PostgreSQL itself\n",
    );
  });
});

describe("auth_file", () => {
  let asking: TestPostgres;
  let secret: string;

  beforeAll(async () => {
    asking = await startPostgres({
      hba: "local all postgres,sallyport,sees trust\nlocal all all scram-sha-256\n",
    });
    const statements = [
      "create role sallyport login",
      "create role sees login",
      "grant select (rolname, rolpassword) on pg_authid to sees",
      "create role app login password 'app-secret'",
      "create role idle password 'idle-secret'",
      "create role moved login password 'moved-secret'",
    ];
    await asking.psql(statements.flatMap((sql) => ["-c", sql]));
    const { stdout } = await asking.psql(["-c", "select rolpassword from pg_authid where rolname = 'app'"]);
    secret = stdout.trim();
  });

  afterAll(async () => {
    await asking?.stop();
  });

  async function findingsOf(text: string, user: string, mode = 0o600): Promise<string[]> {
    const conf = "auth_source = file\nauth_file = 'users.txt'\nupstream_auth = passthrough";
    const directory = await makeGate({ conf, upstream: conninfo(asking, user) });
    await writeFile(join(directory, "users.txt"), text);
    await chmod(join(directory, "users.txt"), mode);
    return await findings(directory);
  }

  test("that says what the upstream says has nothing wrong with it", async () => {
    for (const user of ["sallyport", "sees"])
      expect(await findingsOf(`"app" "${secret}"\n`, user)).toEqual([]);
  });

  test("auth-file-refused", async () => {
    expect(await findingsOf(`"app" "${secret}"\napp hunter2\n`, "sees")).toEqual([
      'auth-file-refused auth_file "GATE/users.txt", line 2: no name in double quotes',
    ]);
    expect(await findingsOf(`"app" "${secret}"\n`, "sees", 0o644)).toEqual([
      'auth-file-refused auth_file "GATE/users.txt" has group or world access',
    ]);
  });

  test("auth-file-secret, auth-file-role, auth-file-login", async () => {
    const text = `"app" "hunter2"\n"ghost" "${secret}"\n\n"idle" "${secret}"\n`;
    expect(await findingsOf(text, "sallyport")).toEqual([
      'auth-file-secret 1:1 the secret of "app" is no MD5 or SCRAM secret',
      'auth-file-role 2:1 there is no role "ghost" upstream',
      'auth-file-login 4:1 the role "idle" is not permitted to log in upstream',
    ]);
  });

  test("auth-file-differs, if the catalogue's role may see it", async () => {
    const text = `"app" "${secret}"\n"moved" "${secret}"\n`;
    expect(await findingsOf(text, "sallyport")).toEqual([]);
    expect(await findingsOf(text, "sees")).toEqual([
      'auth-file-differs 2:1 the secret of "moved" is not the one that the upstream has',
    ]);
  });

  test("of many names with one mistake is told of some, and how many more", async () => {
    const text = Array.from({ length: 50 }, (_, n) => `"ghost${n}" "${secret}"\n`).join("");
    const found = await findingsOf(text, "sallyport");
    expect(found).toHaveLength(21);
    expect(found.at(-1)).toBe("auth-file-role the same of 30 more names of auth_file");
  });

  test("nothing-to-pass: lines by which nobody comes in, unless the upstream asks for nothing", async () => {
    const text = "local all all trust\nhost all all all reject\nlocal all all scram-sha-256\n";
    const conf = "upstream_auth = passthrough";
    const directory = await makeGate({ hba: text, conf, upstream: conninfo(asking, "sees") });
    expect(await findings(directory)).toEqual([
      "nothing-to-pass 1:15 method trust leaves nothing to pass on to the upstream",
    ]);
    expect(await findings(await makeGate({ hba: text, conf }))).toEqual([]);
  });

  test("service-access: the upstream does not know the gateway; the lines that it needs", async () => {
    const directory = await makeGate({ upstream: conninfo(asking, "sees") });
    const { status, stdout } = await check(["-D", directory, "-c", "max_connections=9"]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "info: the upstream does not let the gateway in as just any role [service-access]",
    );
    expect(stdout).toContain("local  all          all  peer  map=sallyport");
    expect(stdout).toContain(`sallyport  ${userInfo().username}  all`);
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
      stdout: expect.stringMatching(/pg_ident.conf \(1 line\): nothing to report\n$/),
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
    const directory = await makeGate();
    const file = join(room.path, "new.conf");
    await writeFile(file, "host all all all ident\n");
    expect((await check([file])).status).toBe(0);
    const { status, stdout } = await check(["-D", directory, file]);
    expect(status).toBe(1);
    expect(stdout).toContain("[hba-not-enforceable]");
  });

  test("of a PostgreSQL server's directory are both read", async () => {
    const { status, stdout } = await check(["-D", join(server.paths.hba, "..")]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/pg_hba.conf \(1 rule\), .*pg_ident.conf \(0 lines\): nothing to report\n$/);
  });

  test.for([
    [["-D", "/nowhere"], '"/nowhere" is the directory of neither a gate nor a PostgreSQL server'],
    [["/nowhere/pg_hba.conf"], 'could not open file "/nowhere/pg_hba.conf": No such file or directory'],
    [["/nowhere/pg_ident.conf"], 'could not open file "/nowhere/pg_ident.conf": No such file or directory'],
    [[], "sallyport does not know where to find the files"],
    [["--fail-on", "nothing", "x"], "Allowed choices are error, warning, info."],
    [["--format", "sarif", "x"], "Allowed choices are text, json."],
  ] as const)("%j cannot be read: exit status 2", async ([args, words]) => {
    const { status, stdout, stderr } = await check(args);
    expect([status, stdout, stderr]).toEqual([2, "", expect.stringContaining(words)]);
  });
});
