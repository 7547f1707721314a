import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { buildScramSecret, formatScramSecret } from "@sallyport/wire";
import { converse, isIn, refusal } from "./attacks/conversation.ts";
import { loginLines, startup } from "./attacks/lines.ts";
import { fakeUpstream } from "./fake-upstream.ts";
import type { FakeUpstream } from "./fake-upstream.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { end, hba, isReady, passthrough, wrong } from "./passing.ts";
import { heardIn, logIn, repliesTo } from "./raw-client.ts";

// upstream_auth = passthrough, when the secret that the gate has read is not (or no more) the upstream's.

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
