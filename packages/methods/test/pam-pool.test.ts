import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { command, pamMatrix, tempDirectory, writePamFiles } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { PamPool } from "../src/os/index.ts";
import { pamPoolLimits } from "../src/os/pam/pam-pool.ts";
import type { PamClient } from "../src/os/pam/pam-pool.ts";
import type { PamLogin } from "../src/os/pam/messages.ts";

const patient = new AbortController().signal;
let room: TempDirectory;
let pool: PamPool;

beforeAll(async () => {
  room = await tempDirectory();
  await writePamFiles(room.path, {
    services: {
      judges: [`auth required ${pamMatrix} passdb=DIR/passwords`, "account required pam_permit.so"],
      opens: ["auth required pam_permit.so", "account required pam_permit.so"],
      // It waits until somebody writes into the pipe, and then says no.
      hangs: ["auth required pam_exec.so quiet DIR/hang"],
    },
    files: {
      passwords: "app:app-secret:judges\n",
      hang: "#!/bin/sh\necho $$ > DIR/hanging\nread -r line < DIR/pipe\nexit 1\n",
    },
  });
  await command("mkfifo", [join(room.path, "pipe")]);
});

afterAll(async () => {
  await room?.remove();
});

beforeEach(() => {
  pool = new PamPool();
});

afterEach(async () => {
  await pool.close();
});

function login(service: string): PamLogin {
  return { service, role: "app", remoteHost: null, directory: room.path };
}

function client(password: string | null, signal: AbortSignal = patient): PamClient {
  return { password: async () => await Promise.resolve(password), hear: () => undefined, signal };
}

/** Asks again and again, for half a minute: of what tells nobody when it has come about. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
    await delay(10);
  }
}

function runs(pid: number): boolean {
  // What is dead and has not been waited for yet is no process any more.
  return existsSync(`/proc/${pid}/status`) && !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
}

describe("the processes of PAM", () => {
  test("judge one login after the other, as they were meant to", async () => {
    for (const [password, verdict] of [
      ["app-secret", { kind: "passed" }],
      ["wrong", { kind: "failed", by: "authenticate", reason: "Authentication failure" }],
      [null, { kind: "failed", by: "authenticate", reason: expect.any(String) as string }],
      ["app-secret", { kind: "passed" }],
    ] as const) {
      expect(await pool.judge(login("judges"), client(password))).toEqual(verdict);
    }
    expect(pool.pids).toHaveLength(1);
  });

  test("are as many as there are logins at a time, and few of them stay", async () => {
    const { promise: password, resolve } = Promise.withResolvers<string>();
    const asking = { ...client(""), password: async () => await password };
    const all = Array.from({ length: 6 }, async () => await pool.judge(login("judges"), asking));
    await until(() => pool.pids.length === 6);
    resolve("app-secret");
    expect(await Promise.all(all)).toEqual(all.map(() => ({ kind: "passed" })));
    await until(() => pool.pids.length === pamPoolLimits.idle);
  });

  test("end when they have nothing to do, or have done much", async () => {
    await pool.close();
    pool = new PamPool({ ...pamPoolLimits, idleFor: 20, logins: 2 });
    await pool.judge(login("opens"), client(null));
    await until(() => pool.pids.length === 0);

    await pool.close();
    pool = new PamPool({ ...pamPoolLimits, logins: 2 });
    await pool.judge(login("opens"), client(null));
    const [second = 0] = pool.pids;
    await pool.judge(login("opens"), client(null));
    await until(() => !runs(second));
    await pool.judge(login("opens"), client(null));
    expect(pool.pids).not.toContain(second);
  });

  test.for([
    ["SIGSEGV", "was terminated by signal 11"],
    ["SIGABRT", "was terminated by signal 6"],
    ["SIGKILL", "was terminated by signal 9"],
  ] as const)("that crash harm their one login, and no other: %s", async ([signal, how]) => {
    const { promise: asked, resolve } = Promise.withResolvers<null>();
    const never = Promise.withResolvers<string>();
    const victim = { ...client(""), password: async () => (resolve(null), await never.promise) };
    const judged = pool.judge(login("judges"), victim);
    judged.catch(() => undefined);
    await asked;
    const [pid = 0] = pool.pids;
    const other = pool.judge(login("judges"), client("app-secret"));
    process.kill(pid, signal);
    await expect(judged).rejects.toMatchObject({ name: "PamProcessEnded", how });
    never.resolve("app-secret");
    expect(await other).toEqual({ kind: "passed" });
  });

  test("that crash while they wait are not given a login", async () => {
    await pool.judge(login("opens"), client(null));
    const [pid = 0] = pool.pids;
    process.kill(pid, "SIGKILL");
    await until(() => pool.pids.length === 0);
    expect(await pool.judge(login("opens"), client(null))).toEqual({ kind: "passed" });
  });

  test("are left to a module that is at work when the client has gone", async () => {
    const gone = new AbortController();
    const judged = pool.judge(login("hangs"), client(null, gone.signal));
    await hanging();
    const [pid = 0] = pool.pids;
    gone.abort();
    const pipe = await open(join(room.path, "pipe"), "w");
    await pipe.write("\n");
    await pipe.close();
    expect(await judged).toMatchObject({ kind: "failed", by: "authenticate" });
    expect(pool.pids).toEqual([pid]);
  });

  test("are killed when modules do not come to an end", async () => {
    await pool.close();
    pool = new PamPool({ ...pamPoolLimits, patience: 50 });
    const gone = new AbortController();
    const judged = pool.judge(login("hangs"), client(null, gone.signal));
    const script = await hanging();
    gone.abort();
    await expect(judged).rejects.toMatchObject({ how: "did not come to an end, and was killed" });
    await until(() => pool.pids.length === 0);
    process.kill(script, "SIGKILL");
  });

  test("end with the pool, whatever they do, and begin nothing after it", async () => {
    const judged = pool.judge(login("hangs"), client(null));
    judged.catch(() => undefined);
    const script = await hanging();
    const { pids } = pool;
    await pool.close();
    expect(pids.filter(runs)).toEqual([]);
    await expect(judged).rejects.toMatchObject({ name: "PamProcessEnded" });
    await expect(pool.judge(login("opens"), client(null))).rejects.toMatchObject({ name: "PamProcessEnded" });
    process.kill(script, "SIGKILL");
  });

  test("do not outlive a gateway that is killed, not even with a module that hangs", async () => {
    const source = new URL("../src/os/index.ts", import.meta.url).href;
    const program = `
      import { PamPool } from ${JSON.stringify(source)};
      const pool = new PamPool();
      const client = { password: async () => null, hear: () => undefined, signal: new AbortController().signal };
      const login = (service) => ({ service, role: "app", remoteHost: null, directory: process.argv[1] });
      void pool.judge(login("hangs"), client);
      await pool.judge(login("opens"), client);
      console.log(pool.pids.join(" "));`;
    const args = ["--conditions=sallyport-source", "--input-type=module", "--eval", program, room.path];
    const gateway = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(createInterface(gateway.stdout), "line")) as [string];
    const script = await hanging();
    const pids = line.split(" ").map(Number);
    expect(pids.map(runs)).toEqual([true, true]);
    gateway.kill("SIGKILL");
    await until(() => !pids.some(runs));
    process.kill(script, "SIGKILL");
  });

  test("have nothing of ours but one socket: no secret, no variable, no other descriptor", async () => {
    process.env["PGPASSWORD"] = "env-secret";
    const listening = await open(join(room.path, "passwords"));
    await pool.judge(login("judges"), client("app-secret"));
    delete process.env["PGPASSWORD"];
    const [pid = 0] = pool.pids;
    const [environ, cmdline, status] = await Promise.all(
      ["environ", "cmdline", "limits"].map(async (name) => await readFile(`/proc/${pid}/${name}`, "latin1")),
    );
    expect(environ?.split("\0").map((line) => line.split("=")[0])).toEqual(
      process.env["TZ"] === undefined ? ["PATH", ""] : ["PATH", "TZ", ""],
    );
    expect(cmdline).toMatch(/^sallyport-pam\0/);
    expect(cmdline).not.toMatch(/secret/);
    expect(status).toMatch(/Max core file size +0 +0/);
    const links = (await command("ls", ["-l", `/proc/${pid}/fd`])).stdout;
    expect(links.match(/socket:/g)).toHaveLength(1);
    expect(links).not.toContain(room.path);
    // What modules start does not have it either.
    expect(await readFile(`/proc/${pid}/fdinfo/3`, "utf8")).toMatch(/^flags:\t02/m);
    await listening.close();
  });
});

/** Waits for the script that hangs, and takes note of it. */
async function hanging(): Promise<number> {
  const path = join(room.path, "hanging");
  const read = (): number => Number(existsSync(path) ? readFileSync(path, "utf8") : "0");
  let script = 0;
  await until(() => {
    script = read();
    return script > 0 && runs(script) && script !== lastScript;
  });
  lastScript = script;
  return script;
}

let lastScript = 0;
