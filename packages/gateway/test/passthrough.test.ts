import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { Major, TestPostgres } from "@sallyport/testkit";
import {
  buildScramSecret,
  encodeAuthentication,
  encodeReadyForQuery,
  formatScramSecret,
  parseScramSecret,
  Proof,
  SecretBytes,
} from "@sallyport/wire";
import { challenge, errorResponse, fakeUpstream, ok, scram, script } from "./fake-upstream.ts";
import type { FakeUpstream } from "./fake-upstream.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, logIn, repliesTo } from "./raw-client.ts";
import type { Login } from "./raw-client.ts";
import { converse, isIn, refusal } from "./attacks/conversation.ts";
import { loginLines, startup } from "./attacks/lines.ts";

// upstream_auth = passthrough: the upstream is an unmodified PostgreSQL that asks every role for its own proof.

const passthrough = "upstream_auth = passthrough\n";
const hba = `host shop  all all scram-sha-256
host clear all all password
host replication all all scram-sha-256
`;
const wrong = ["E", "28P01", 'password authentication failed for user "app"'];
const notAccepting = ["E", "57P03", "the database system is not accepting connections"];
const isReady = ["Z"];

async function end(gate: TestGate, login: Login): Promise<readonly string[]> {
  return heardIn(await repliesTo(gate.tcp, login)).at(-1) ?? [];
}

describe.each<Major>([18, 15, 13])("before a PostgreSQL %i that asks for SCRAM", (major) => {
  let server: TestPostgres;
  let gate: TestGate;

  beforeAll(async () => {
    server = await startPostgres({
      major,
      tcp: true,
      settings: { password_encryption: "scram-sha-256" },
      hba: `local all postgres trust
host all sallyport 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`,
    });
    await run(server, [
      ...setUp,
      "create database clear",
      "create role walker login replication password 'walker-secret'",
      "create role shut login password 'shut-secret' connection limit 0",
    ]);
    const upstream = `host=127.0.0.1 port=${server.port} user=sallyport dbname=postgres`;
    gate = await startGate(server, { hba, upstream, conf: passthrough });
  });

  afterEach(async () => {
    await run(server, ["alter role app password 'app-secret'"]);
  });

  afterAll(async () => {
    await gate?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  test("a client of the right password is in, and no other", async () => {
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    expect(await end(gate, { user: "app", password: "wrong" })).toEqual(wrong);
    expect((await end(gate, { user: "ghost" }))[1]).toBe("28P01");
  });

  test("psql is in, and is who it says", async () => {
    const column = major >= 16 ? "system_user" : "'scram-sha-256:app'";
    const { stdout } = await gate.psql("app", ["-c", `select current_user, ${column}`]);
    expect(stdout).toBe("app|scram-sha-256:app\n");
  });

  test("a password in clear is held against the secret here, and never leaves", async () => {
    for (const [password, expected] of [
      ["app-secret", true],
      ["wrong", false],
    ] as const) {
      const talk = await converse(gate.tcp, loginLines("app", password, startup("app", "clear")));
      expect(isIn(talk)).toBe(expected);
    }
  });

  test("replication passes, too", async () => {
    const login = { user: "walker", parameters: [["replication", "true"]] } as const;
    expect(await end(gate, login)).toEqual(isReady);
    expect((await end(gate, { ...login, password: "wrong" }))[1]).toBe("28P01");
  });

  test("what the upstream says of role and database comes behind its success, as in PostgreSQL", async () => {
    const replies = heardIn(await repliesTo(gate.tcp, { user: "shut" }));
    expect(replies.map(([kind]) => kind)).toEqual(["R 10", "R 11", "R 12", "R 0", "E"]);
    expect(replies.at(-1)).toEqual(["E", "53300", 'too many connections for role "shut"']);
  });

  test("a password that is changed through the gateway counts at once, and the old one no more", async () => {
    const { status, stderr } = await gate.psql("app", ["-c", "alter role app password 'fresh'"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(await end(gate, { user: "app" })).toEqual(wrong);
    expect(await end(gate, { user: "app", password: "fresh" })).toEqual(isReady);
  });

  test.runIf(major >= 16)("the number of iterations may be any", async () => {
    await run(server, ["set scram_iterations = 20000; alter role app password 'app-secret'"]);
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    await run(server, ["set scram_iterations = 1; alter role app password 'app-secret'"]);
    expect(await end(gate, { user: "app" })).toEqual(isReady);
  });

  test("no log has anything of it", async () => {
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    const stored = await run(server, ["select rolpassword from pg_authid where rolname = 'app'"]);
    const secret = parseScramSecret(stored);
    if (!secret) throw new Error("it is no secret");
    for (const word of ["app-secret", secret.salt, secret.storedKey.toString("base64")])
      expect(gate.log()).not.toContain(word);
  });
});

describe("a secret that is not the upstream's", () => {
  let server: TestPostgres;
  let [before, other] = ["", ""];

  beforeAll(async () => {
    server = await startPostgres({
      hba: "local all postgres trust\nlocal all sallyport trust\nlocal all app md5\nlocal all all scram-sha-256\n",
    });
    await run(server, [...setUp, "create database clear", "create role spare password 'app-secret'"]);
    before = await secretOf("app");
  });

  afterAll(async () => {
    await server?.stop();
  });

  async function secretOf(role: string): Promise<string> {
    return await run(server, [`select rolpassword from pg_authid where rolname = '${role}'`]);
  }

  async function gateWithFile(secret: string): Promise<TestGate> {
    const conf = `${passthrough}auth_source = file\nauth_file = 'users.txt'\n`;
    return await startGate(server, { hba, conf, files: { "users.txt": `"app" "${secret}"\n` } });
  }

  test("but another salt's: nothing is proved to it, the client hears of a wrong password, the log why", async () => {
    other = await secretOf("spare");
    await using gate = await gateWithFile(other);
    const replies = heardIn(await repliesTo(gate.tcp, { user: "app" }));
    expect(replies.map(([kind]) => kind)).toEqual(["R 10", "R 11", "E"]);
    expect(replies.at(-1)).toEqual(wrong);
    const entry = await gate.logged("28P01 ");
    expect(entry).toContain('The secret of role "app" from auth_source=file is not the upstream\'s.');
    expect(entry).toContain('role "app" cannot be opened upstream: the server\'s secret has another salt');
    expect(entry).toContain("pg_hba.conf");
    expect(entry).not.toContain(other);
  });

  test("but another number of iterations'", async () => {
    await run(server, ["set scram_iterations = 10000; alter role spare password 'app-secret'"]);
    await using gate = await gateWithFile(await secretOf("spare"));
    expect(await end(gate, { user: "app" })).toEqual(wrong);
    expect(await gate.logged("28P01 ")).toContain("the server's secret has 4096 iterations, and not 10000");
  });

  test("and whose keys alone are others: the upstream refuses the proof", async () => {
    const [, salt = ""] = /^SCRAM-SHA-256\$4096:([^$]*)\$/.exec(before) ?? [];
    const made = await buildScramSecret(Buffer.from("old"), Buffer.from(salt, "base64"), 4096);
    await using gate = await gateWithFile(formatScramSecret(made));
    expect(await end(gate, { user: "app", password: "old" })).toEqual(wrong);
    expect(await gate.logged("28P01 ")).toContain("upstream: password authentication failed");
  });

  test("but an MD5 one, which is out of date", async () => {
    await run(server, ["set password_encryption = md5; alter role app password 'app-secret'"]);
    const five = await secretOf("app");
    try {
      const conf = `${passthrough}auth_source = file\nauth_file = 'users.txt'\n`;
      const files = { "users.txt": `"app" "${five}"\n` };
      await using gate = await startGate(server, { hba: "host all all all md5\n", conf, files });
      const attempt = async (password: string) =>
        await converse(gate.tcp, loginLines("app", password, startup("app")));
      expect(isIn(await attempt("app-secret"))).toBe(true);
      await run(server, ["set password_encryption = md5; alter role app password 'fresh'"]);
      for (const password of ["app-secret", "fresh"]) {
        const talk = await attempt(password);
        expect([isIn(talk), refusal(talk)]).toEqual([false, wrong.slice(1)]);
      }
      expect(await gate.logged("upstream: password authentication failed")).toContain("28P01");
    } finally {
      await run(server, ["alter role app password 'app-secret'"]);
    }
  });
});

describe("a secret that changes during the login", () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres({
      hba: "local all postgres,sallyport trust\nlocal all all scram-sha-256\n",
    });
    await run(server, [...setUp, "create database clear"]);
  });

  afterEach(async () => {
    await run(server, ["alter role app password 'app-secret'"]);
  });

  afterAll(async () => {
    await server?.stop();
  });

  /** Sets the password when the session of the role knocks, once; then the real server answers. */
  async function changing(password: string): Promise<FakeUpstream> {
    let changed = false;
    const fake = await fakeUpstream(server, (socket) => {
      const knock = fake.sessions.at(-1)?.startup ?? Buffer.of();
      const first = !changed;
      changed = true;
      void (async () => {
        if (first) await run(server, [`alter role app password '${password}'`]);
        const real = connect(server.paths.socket).on("error", () => undefined);
        real.write(knock);
        socket.on("close", () => real.destroy());
        socket.pipe(real).pipe(socket);
      })();
    });
    return fake;
  }

  test("to the same password: one in clear serves for it, too", async () => {
    await using fake = await changing("app-secret");
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    const talk = await converse(gate.tcp, loginLines("app", "app-secret", startup("app", "clear")));
    expect([isIn(talk), refusal(talk)]).toEqual([true, []]);
    expect(fake.sessions).toHaveLength(2);
  });

  test("to another one: the one that was right a moment ago is wrong", async () => {
    await using fake = await changing("fresh");
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    const talk = await converse(gate.tcp, loginLines("app", "app-secret", startup("app", "clear")));
    expect([isIn(talk), refusal(talk)]).toEqual([false, wrong.slice(1)]);
    expect(await gate.logged("28P01 ")).toContain('The secret of role "app" was changed during this login.');
  });

  test("is no secret that a proof by SCRAM is for: the log says that it was changed", async () => {
    await using fake = await changing("app-secret");
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    expect(await end(gate, { user: "app" })).toEqual(wrong);
    expect(await gate.logged("28P01 ")).toContain('The secret of role "app" was changed during this login.');
    expect(fake.sessions).toHaveLength(1);
    expect(await end(gate, { user: "app" })).toEqual(isReady);
  });
});

describe("an upstream that is no friend", () => {
  let server: TestPostgres;
  let [salt, iterations] = ["", ""];

  beforeAll(async () => {
    server = await startPostgres();
    await run(server, [...setUp, "create database clear"]);
    const stored = await run(server, ["select rolpassword from pg_authid where rolname = 'app'"]);
    [, iterations = "", salt = ""] = /^SCRAM-SHA-256\$(\d+):([^$]*)\$/.exec(stored) ?? [];
  });

  afterAll(async () => {
    await server?.stop();
  });

  const final = (text: string): Buffer =>
    encodeAuthentication({ kind: "sasl_final", data: Buffer.from(text) });
  const first = (make: (nonce: string) => string) => script(scram, challenge(make));
  const fair = (nonce: string): string => `r=${nonce}evil,s=${salt},i=${iterations}`;
  const clear = encodeAuthentication({ kind: "cleartext_password" });
  const five = encodeAuthentication({ kind: "md5_password", salt: Buffer.from("salt") });

  type Trick = readonly [name: string, answer: () => (socket: Socket) => void, code: string, reason: string];
  const tricks: readonly Trick[] = [
    [
      "asks for two billion iterations",
      () => first((n) => `r=${n}evil,s=${salt},i=2147483648`),
      "28P01",
      "2147483648 iterations",
    ],
    ["asks for one iteration", () => first((n) => `r=${n}evil,s=${salt},i=1`), "28P01", "has 1 iterations"],
    [
      "has a salt of its own",
      () => first((n) => `r=${n}evil,s=AAAA,i=${iterations}`),
      "28P01",
      "another salt",
    ],
    [
      "has a nonce of its own",
      () => first(() => `r=evil,s=${salt},i=${iterations}`),
      "57P03",
      "nonce mismatch",
    ],
    [
      "gives the nonce back",
      () => first((n) => `r=${n},s=${salt},i=${iterations}`),
      "57P03",
      "nonce mismatch",
    ],
    ["asks for the password", () => script(clear), "57P03", "asks for what the client has not proved"],
    ["asks for an MD5 answer", () => script(five), "57P03", "asks for what the client has not proved"],
    [
      "has a wrong signature",
      () => script(scram, challenge(fair), final(`v=${"A".repeat(43)}=`)),
      "57P03",
      "signature",
    ],
    [
      "accepts without proving itself",
      () => script(scram, challenge(fair), ok),
      "57P03",
      "without proving itself",
    ],
    ["asks for the password behind it", () => script(scram, challenge(fair), clear), "57P03", "out of order"],
    ["refuses in its own words", () => script(errorResponse({ C: "28P01" })), "28P01", "evil words"],
    ["refuses the gateway", () => script(errorResponse()), "57P03", "evil words"],
  ].map(([name, answer, code, reason]) => [name, answer, code, reason] as Trick);

  test.for(tricks)("and %s", async ([, answer, code, reason]) => {
    const make = answer();
    await using fake = await fakeUpstream(server, make);
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    const replies = await repliesTo(gate.tcp, { user: "app" });
    const expected = code === "28P01" ? wrong : notAccepting;
    expect(heardIn(replies).at(-1)).toEqual(expected);
    expect(replies.some(({ kind }) => kind === "R 0")).toBe(code === "57P03");
    expect(Buffer.concat(replies.map(({ body }) => body)).toString("latin1")).not.toContain("evil words");
    expect(await gate.logged(`${code} FATAL`)).toContain(reason);
    expect(gate.log()).not.toContain("app-secret");
  });

  test("of a wrong salt or number of iterations gets no proof", async () => {
    await using fake = await fakeUpstream(
      server,
      first((n) => `r=${n}evil,s=AAAA,i=${iterations}`),
    );
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    await end(gate, { user: "app" });
    const said = fake.sessions.map(({ rest }) => rest().toString("latin1"));
    expect(said.length).toBeGreaterThan(0);
    for (const one of said) expect(one).not.toContain(",p=");
  });

  test("that asks for nothing gets none", async () => {
    await using fake = await fakeUpstream(server, script(Buffer.concat([ok, encodeReadyForQuery("I")])));
    await using gate = await startGate(server, { hba, upstream: fake.conninfo, conf: passthrough });
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    for (const { rest } of fake.sessions) expect(rest()).toHaveLength(0);
  });
});

describe("a method that leaves nothing to pass on", () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres({
      hba: "local all postgres,sallyport trust\nlocal shop app trust\nlocal all all scram-sha-256\n",
    });
    await run(server, [...setUp, "create database clear"]);
  });

  afterAll(async () => {
    await server?.stop();
  });

  test("serves an upstream that asks for nothing; else the log names the line", async () => {
    await using gate = await startGate(server, { hba: "host all all all trust\n", conf: passthrough });
    expect(await end(gate, { user: "app" })).toEqual(isReady);
    expect(await end(gate, { user: "app", database: "clear" })).toEqual(notAccepting);
    const entry = await gate.logged("57P03 FATAL");
    expect(entry).toContain("method trust leaves nothing to pass on");
    expect(entry).toContain('line 1: "host all all all trust"');
  });

  test("nor do a passfile and the catalogue's own password stand in for it", async () => {
    await using gate = await startGate(server, {
      hba: "host all all all trust\n",
      upstream: `host=${server.socketDirectory} port=5432 user=sallyport password=app-secret dbname=postgres passfile=/proc/self/environ`,
      conf: passthrough,
    });
    expect(await end(gate, { user: "app", database: "clear" })).toEqual(notAccepting);
  });
});

describe("auth_source = upstream", () => {
  const conf = `${passthrough}auth_source = upstream\n`;
  const clearHba = "host all all all password\n";
  let server: TestPostgres;
  let gate: TestGate;

  beforeAll(async () => {
    server = await startPostgres({
      tcp: true,
      hba: `local all postgres,sallyport trust
local open all trust
local plain all password
local barred all reject
local all five md5
local all all scram-sha-256
host all all 127.0.0.1/32 trust
`,
    });
    await run(server, [
      "create role sallyport login",
      "create role app login password 'app-secret'",
      "create role late login password 'late-secret' valid until '2020-01-01'",
      "create role bare login",
      "create role idle password 'idle-secret'",
      "create role shut login password 'shut-secret' connection limit 0",
      "set password_encryption = md5; create role five login password 'five-secret'",
      ...["shop", "open", "plain", "barred"].map((name) => `create database ${name}`),
    ]);
    gate = await startGate(server, { hba: clearHba, conf });
  });

  afterAll(async () => {
    await gate?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  async function attempt(user: string, password = `${user}-secret`, database = "shop") {
    const talk = await converse(gate.tcp, loginLines(user, password, startup(user, database)));
    return { talk, in: isIn(talk), heard: refusal(talk) };
  }

  const refusedAs = (user: string): readonly string[] => [
    "28P01",
    `password authentication failed for user "${user}"`,
  ];

  test.each([
    ["app", "shop"],
    ["five", "shop"],
    ["app", "plain"],
  ])("the upstream judges the password of role %s in database %s", async (user, database) => {
    expect((await attempt(user, undefined, database)).in).toBe(true);
    const { talk, heard } = await attempt(user, "wrong", database);
    expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "E"]);
    expect(heard).toEqual(refusedAs(user));
  });

  test("whoever is not in has not been told who there is: all refusals are the same", async () => {
    for (const user of ["ghost", "late", "bare", "app"]) {
      const { talk, heard } = await attempt(user, "wrong");
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "E"]);
      expect(heard).toEqual(refusedAs(user));
    }
  });

  test("an upstream that does not let the gateway in for that role or database says nothing else", async () => {
    expect((await attempt("app", undefined, "barred")).heard).toEqual(refusedAs("app"));
    expect(await gate.logged("pg_hba.conf rejects connection")).toContain("28P01");
  });

  test("an upstream that asks for nothing has judged nothing: nobody is in", async () => {
    for (const password of ["app-secret", "wrong"]) {
      const { talk, in: inside, heard } = await attempt("app", password, "open");
      expect(inside).toBe(false);
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "E"]);
      expect(heard[0]).toBe("57P03");
    }
    expect(await gate.logged("57P03 FATAL")).toContain("server did not complete authentication");
  });

  test("what role and database allow is heard behind the success", async () => {
    for (const [user, code] of [
      ["idle", "28000"],
      ["shut", "53300"],
    ] as const) {
      const { talk, heard } = await attempt(user);
      expect(talk.heard.map(({ kind }) => kind)).toEqual(["R 3", "R 0", "E"]);
      expect(heard[0]).toBe(code);
      expect((await attempt(user, "wrong")).heard).toEqual(refusedAs(user));
    }
  });

  test("authenticated is in the log only who is", async () => {
    await using own = await startGate(server, { hba: clearHba, conf });
    for (const password of ["wrong", "app-secret"])
      await converse(own.tcp, loginLines("app", password, startup("app", "shop")));
    const entries = own.log().split("\n");
    expect(entries.filter((line) => line.includes("connection authenticated"))).toHaveLength(1);
    expect(entries.filter((line) => line.includes("connection authorized"))).toHaveLength(1);
    expect(own.log().indexOf("28P01")).toBeLessThan(own.log().indexOf("connection authenticated"));
    expect(own.log()).not.toContain("app-secret");
  });

  test.each([
    ["host=127.0.0.1", "over a connection that is not verified"],
    ["host=127.0.0.1 sslmode=prefer", "over a connection that is not verified"],
    ["host=@abstract", "over a connection that is not verified"],
    ["host=/tmp,127.0.0.1", "over a connection that is not verified"],
    ["host=/tmp require_auth=none", "require_auth allows no method that judges a password"],
  ])("is refused at start with upstream %j", async (where, reason) => {
    const upstream = `${where} port=${server.port} user=sallyport dbname=postgres`;
    await expect(startGate(server, { hba: clearHba, upstream, conf })).rejects.toThrow(reason);
  });

  test.each(["md5", "scram-sha-256"])(
    "a line by %s, which needs a secret, keeps the file from loading",
    async (method) => {
      await expect(startGate(server, { hba: `host all all all ${method}\n`, conf })).rejects.toThrow(
        "does not load",
      );
    },
  );
});

describe("what a client proved", () => {
  const storedKey = Buffer.alloc(32, 1);
  const secret = { iterations: 4096, salt: "c2FsdA==", storedKey, serverKey: storedKey };

  test("shows in nothing, and is gone when it is wiped", () => {
    const key = Buffer.alloc(32, "k");
    const parts = {
      scram: { secret, clientKey: new SecretBytes(key) },
      md5Digest: "d".repeat(32),
      password: "hunter2",
    };
    const proof = new Proof(parts);
    for (const text of [
      inspect(proof, { depth: 9, showHidden: true, getters: true }),
      JSON.stringify({ proof }),
      String(proof),
    ]) {
      expect(text).not.toMatch(/hunter2|dddd|kkkk|6b 6b|0101|01 01/);
    }
    expect(proof.scram()?.clientKey).toBe(key);
    proof.wipe();
    expect([proof.scram(), proof.md5Digest(), proof.password()]).toEqual([null, null, null]);
    expect(key).toEqual(Buffer.alloc(32));
  });
});

test("an auth_file that is out of date is read anew by a reload", async () => {
  await using server = await startPostgres({
    hba: "local all postgres,sallyport trust\nlocal all all scram-sha-256\n",
  });
  await run(server, [...setUp, "create database clear"]);
  const line = async () =>
    await run(server, [`select '"app" "' || rolpassword || '"' from pg_authid where rolname = 'app'`]);
  const conf = `${passthrough}auth_source = file\nauth_file = 'users.txt'\n`;
  await using gate = await startGate(server, { hba, conf, files: { "users.txt": await line() } });
  expect(await end(gate, { user: "app" })).toEqual(isReady);
  await run(server, ["alter role app password 'fresh'"]);
  for (const password of ["app-secret", "fresh"])
    expect(await end(gate, { user: "app", password })).toEqual(wrong);
  await writeFile(gate.settings.auth_file, await line());
  await gate.authFile?.reload();
  expect(await end(gate, { user: "app", password: "app-secret" })).toEqual(wrong);
  expect(await end(gate, { user: "app", password: "fresh" })).toEqual(isReady);
  const { socket } = await logIn(gate.tcp, { user: "app", password: "fresh" });
  socket.destroy();
});
