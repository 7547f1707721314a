import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { lstat, readFile, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, freePort, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { CommandResult, TempDirectory, TestPostgres } from "@sallyport/testkit";
import { datagramReader } from "../../packages/methods/test/datagram-reader.ts";
import { serve } from "../../packages/sallyport/test/cli.ts";
import { makeGate, prepare } from "./gate.ts";

const program = fileURLToPath(new URL("../../packages/sallyport/bin/sallyport.js", import.meta.url));

const hasSs = spawnSync("ss", ["-V"]).error === undefined;

/** Who comes by the Unix socket is let in by what the kernel says about the process at its other end. */
const hba = "local all all peer map=os\nhost all all samehost trust\n";
const ident = `os ${userInfo().username} app\n`;

let server: TestPostgres;
let room: TempDirectory;
let gate: string;

beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres(), tempDirectory(0o711)]);
  await prepare(server);
  gate = join(room.path, "gate");
  await makeGate(gate, server, hba, ident);
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

interface Activated extends AsyncDisposable {
  readonly pid: number;
  readonly output: () => string;
  /** SIGTERM, and the exit status. */
  readonly stop: () => Promise<number | null>;
  readonly exited: Promise<unknown>;
  readonly status: () => number | null;
}

/** systemd's own tool listens, and becomes the gateway when the first client is there. */
async function activated(listen: readonly string[], ...more: readonly string[]): Promise<Activated> {
  const node = [process.execPath, "--conditions=sallyport-source", program];
  // The port of the settings is one that nobody may listen on: to open it would end the start.
  const gateway = [...node, "serve", "-D", gate, "-c", "listen_addresses=192.0.2.1", "-c", "port=1"];
  const child = spawn(
    "systemd-socket-activate",
    [...more, ...listen.flatMap((address) => ["-l", address]), ...gateway],
    { stdio: ["ignore", "pipe", "pipe"], cwd: "/" },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  const exited = once(child, "exit");
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    await exited;
    return child.exitCode;
  };
  const ended = exited.then(() => {
    throw new Error(output);
  });
  for (const address of listen) {
    while (!output.includes(`Listening on ${address}`))
      await Promise.race([once(child.stderr, "data"), ended]);
  }
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    stop,
    exited,
    status: () => child.exitCode,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}

async function login(host: string, port: number): Promise<CommandResult> {
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: "app", PGDATABASE: "postgres" };
  return await psql(["-c", "select current_user"], {
    env: { ...env, PGCONNECT_TIMEOUT: "30" },
    timeoutMs: 40_000,
  });
}

const isIn = { status: 0, stdout: "app\n", stderr: "" };

describe("a gateway whose sockets a service manager opened", () => {
  test("lets in by TCP and by the Unix socket, also who was there before it ran; opens no other", async () => {
    const port = await freePort();
    const path = join(room.path, `.s.PGSQL.${port}`);
    await using gateway = await activated([`127.0.0.1:${port}`, `[::1]:${port}`, path]);
    const first = await Promise.all(
      ["127.0.0.1", "::1", room.path].map(async (host) => await login(host, port)),
    );
    expect(first).toEqual([isIn, isIn, isIn]);
    expect(await login(room.path, port)).toEqual(isIn);
    const log = gateway.output();
    expect(log.match(/listening on .*/g)).toEqual([
      `listening on IPv4 address "127.0.0.1", port ${port}`,
      `listening on IPv6 address "::1", port ${port}`,
      `listening on Unix socket "${path}"`,
    ]);
    expect(log).toContain(`identity="${userInfo().username}" method=peer`);

    // No process that it starts has them: O_CLOEXEC.
    for (const fd of [3, 4, 5]) {
      const flags = /^flags:\s+(\d+)$/m.exec(
        await readFile(`/proc/${gateway.pid}/fdinfo/${fd}`, "utf8"),
      )?.[1];
      expect(Number.parseInt(flags ?? "0", 8) & 0o2000000).toBe(0o2000000);
    }
    expect(await gateway.stop()).toBe(0);
    expect((await lstat(path)).isSocket()).toBe(true); // not ours to remove
    await rm(path);
  });

  test.skipIf(!hasSs)("has as many wait at them as at its own doors", async () => {
    const port = await freePort();
    await using gateway = await activated([`127.0.0.1:${port}`]);
    expect(await login("127.0.0.1", port)).toEqual(isIn);
    const { stdout } = await command("ss", ["-Hltn", "src", `127.0.0.1:${port}`]);
    expect(stdout.trim().split(/\s+/)[2]).toBe("200");
    expect(await gateway.stop()).toBe(0);
  });

  test("does not start with one at which clients of IPv4 arrive in disguise", async () => {
    const [port, other] = [await freePort(), await freePort()];
    await using gateway = await activated([`127.0.0.1:${port}`, `[::]:${other}`], "--fdname=good:wide");
    expect(await login("127.0.0.1", port)).toMatchObject({ status: 2 });
    await gateway.exited;
    expect(gateway.status()).toBe(2);
    expect(gateway.output()).toMatch(
      /could not use the socket "wide" of the service manager \(descriptor 4\): clients of IPv4 would arrive as ::ffff:a\.b\.c\.d, .*BindIPv6Only=ipv6-only/,
    );
    expect(gateway.output()).not.toContain("listening on");
  });
});

describe("what a service manager hears", () => {
  test("when the doors are open, around a reload, in between that it lives, and when it stops", async () => {
    const address = join(room.path, "notify");
    await using reader = await datagramReader(address);
    const [port, sockets] = [await freePort(), join(room.path, "s")];
    const settings = ["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${sockets}`];
    await using gateway = await serve(["-D", gate, ...settings.flatMap((setting) => ["-c", setting])], {
      env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: "200000" },
    });
    const path = join(sockets, `.s.PGSQL.${port}`);
    await reader.has(`READY=1\nSTATUS=listening on 127.0.0.1:${port}, ${path}\n`);
    await reader.has("WATCHDOG=1\nWATCHDOG=1\n");
    expect(await login("127.0.0.1", port)).toEqual(isIn);

    const before = process.hrtime.bigint() / 1000n;
    process.kill(gateway.pid, "SIGHUP");
    await reader.has("RELOADING=1\n");
    await reader.has(`pg_hba.conf unchanged, ${join(gate, "pg_ident.conf")} unchanged\n`);
    const [, microseconds = "0"] = /RELOADING=1\nMONOTONIC_USEC=(\d+)\n/.exec(reader.output()) ?? [];
    expect(BigInt(microseconds)).toBeGreaterThan(before);
    expect(BigInt(microseconds)).toBeLessThan(process.hrtime.bigint() / 1000n);

    expect(await gateway.stop("SIGTERM")).toBe(0);
    await reader.has("STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=35000000\n");
    const messages = reader.output().match(/^(?:READY|RELOADING|STOPPING)=1$/gm);
    expect(messages).toEqual(["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
    expect(gateway.output()).not.toContain("warning");
  });

  test("is no obstacle if nobody listens", async () => {
    const settings = ["listen_addresses=127.0.0.1", `port=${await freePort()}`, "unix_socket_directories="];
    await using gateway = await serve(["-D", gate, ...settings.flatMap((setting) => ["-c", setting])], {
      env: { NOTIFY_SOCKET: join(room.path, "absent") },
    });
    const warning = "warning: could not notify the service manager: No such file or directory\n";
    await expect.poll(() => gateway.output(), { timeout: 20_000 }).toContain(warning);
    expect(await gateway.stop("SIGTERM")).toBe(0);
  });
});
