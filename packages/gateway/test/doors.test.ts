import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { osUser, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";

const hba = "local all all scram-sha-256\nhost all all all scram-sha-256\n";

let server: TestPostgres;
let room: TempDirectory;

beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres(), tempDirectory()]);
  await run(server, setUp);
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

describe("a gateway's doors", () => {
  test("are named in order, and logged as by PostgreSQL", async () => {
    await using gate = await startGate(server, { hba });
    const { port } = gate;
    const socket = `${gate.socketDirectory}/.s.PGSQL.${port}`;
    expect(gate.gateway.doors).toEqual([`127.0.0.1:${port}`, `[::1]:${port}`, socket]);
    expect(gate.log()).toContain(`listening on IPv4 address "127.0.0.1", port ${port}\n`);
    expect(gate.log()).toContain(`listening on IPv6 address "::1", port ${port}\n`);
    expect(gate.log()).toContain(`listening on Unix socket "${socket}"\n`);
  });

  test("have the permissions of the settings, and a lock file with the process id", async () => {
    await using gate = await startGate(server, { hba, conf: "unix_socket_permissions = 0750" });
    const socket = `${gate.socketDirectory}/.s.PGSQL.${gate.port}`;
    expect((await stat(socket)).mode & 0o777).toBe(0o750);
    expect((await stat(gate.socketDirectory)).mode & 0o777).toBe(0o700);
    const [pid] = (await readFile(`${socket}.lock`, "utf8")).split("\n");
    expect(pid).toBe(String(process.pid));
  });

  test("close: nobody comes in, and no file is left", async () => {
    const gate = await startGate(server, { hba });
    const socket = `${gate.socketDirectory}/.s.PGSQL.${gate.port}`;
    await gate.gateway.stop("fast");
    for (const file of [socket, `${socket}.lock`]) {
      await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
    }
    expect((await gate.psql("app", ["-c", "select 1"])).stderr).toContain("Connection refused");
    await gate[Symbol.asyncDispose]();
  });
});

describe("a Unix socket's path", () => {
  test("that another gateway has is refused, and says who has it", async () => {
    await using first = await startGate(server, { hba });
    const { socketDirectory, port } = first;
    const conf = "listen_addresses = ''";
    const path = `${socketDirectory}/.s.PGSQL.${port}`;
    await expect(startGate(server, { hba, socketDirectory, port, conf })).rejects.toThrow(
      `lock file "${path}.lock" already exists. Is another server (PID ${process.pid}) using socket file "${path}"?`,
    );
    const env = { PGHOST: socketDirectory };
    expect((await first.psql("app", ["-c", "select 1"], { env })).stdout).toBe("1\n");
  });

  test("on which somebody answers without a lock file is refused", async () => {
    const socketDirectory = room.path;
    const path = join(socketDirectory, ".s.PGSQL.6001");
    const other = createServer().listen(path);
    await once(other, "listening");
    const conf = "listen_addresses = ''";
    await expect(startGate(server, { hba, socketDirectory, port: 6001, conf })).rejects.toThrow(
      "could not create any Unix-domain sockets",
    );
    expect((await stat(path)).isSocket()).toBe(true);
    other.close();
  });

  test("that a dead process left is taken over", async () => {
    const socketDirectory = room.path;
    const path = join(socketDirectory, ".s.PGSQL.6002");
    const leave = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    const { pid, signal } = spawnSync(process.execPath, ["-e", leave]);
    expect(signal).toBe("SIGKILL");
    expect((await stat(path)).isSocket()).toBe(true);
    await writeFile(`${path}.lock`, `${pid}\n12345\n`);
    await using gate = await startGate(server, {
      hba,
      socketDirectory,
      port: 6002,
      conf: "listen_addresses = ''",
    });
    const result = await gate.psql("app", ["-c", "select 1"], { env: { PGHOST: socketDirectory } });
    expect(result).toMatchObject({ stderr: "", stdout: "1\n" });
  });
});

describe.skipIf(process.geteuid?.() !== 0)("unix_socket_group (as root, for the others)", () => {
  const conf = "listen_addresses = ''\nunix_socket_group = daemon\nunix_socket_permissions = 0770";

  /** A gate whose socket stands where everybody can go. */
  async function openGate(): Promise<TestGate> {
    const socketDirectory = await mkdtemp(join(room.path, "s-"));
    await Promise.all([chmod(room.path, 0o711), chmod(socketDirectory, 0o755)]);
    return await startGate(server, { hba: "local all all trust\n", socketDirectory, conf });
  }

  test("its members come in", async () => {
    await using gate = await openGate();
    const socket = await stat(`${gate.socketDirectory}/.s.PGSQL.${gate.port}`);
    expect({ gid: socket.gid, mode: socket.mode & 0o777 }).toEqual({
      gid: osUser("daemon").gid,
      mode: 0o770,
    });
    const env = { PGHOST: gate.socketDirectory };
    const member = await gate.psql("app", ["-c", "select 1"], { env, osUser: "daemon" });
    expect(member).toMatchObject({ status: 0, stderr: "", stdout: "1\n" });
  });

  test("nobody else does, whatever pg_hba.conf says", async () => {
    await using gate = await openGate();
    const env = { PGHOST: gate.socketDirectory };
    const other = await gate.psql("app", ["-c", "select 1"], { env, osUser: "nobody" });
    expect(other.stderr).toContain("Permission denied");
    expect(gate.log()).not.toContain("connection received");
  });
});

describe("a port", () => {
  test("that is taken on every address is an error, and what was opened is closed again", async () => {
    await using first = await startGate(server, { hba });
    await expect(startGate(server, { hba, port: first.port })).rejects.toThrow(
      "could not create any TCP/IP sockets",
    );
    expect((await first.psql("app", ["-c", "select 1"])).stdout).toBe("1\n");
  });

  test("that is taken on one address only is a line in the log", async () => {
    await using first = await startGate(server, { hba, conf: "listen_addresses = '127.0.0.1'" });
    await using second = await startGate(server, { hba, port: first.port });
    expect(second.log()).toContain('LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\n');
    expect(second.gateway.doors[0]).toBe(`[::1]:${first.port}`);
  });
});
