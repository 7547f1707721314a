import { readFile, stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { asOsUser, freePort, psql, startPostgres, tempDirectory } from "../src/index.ts";

const isRoot = process.geteuid?.() === 0;

describe("startPostgres", () => {
  test("gives a real server on a private socket with a short path", async () => {
    await using server = await startPostgres();
    expect((await server.psql(["-c", "show server_version"])).stdout).toBe("18.4\n");
    expect(server.paths.socket.length).toBeLessThan(80);
    expect((await stat(server.socketDirectory)).mode & 0o777).toBe(0o700);
  });

  test("gives one of an older major, too", async () => {
    await using server = await startPostgres({ major: 15 });
    expect((await server.psql(["-c", "show server_version"])).stdout).toMatch(/^15\.\d+\n$/);
  });

  test.for(["fast", "immediate", "kill"] as const)("goes down and comes up again: %s", async (how) => {
    await using server = await startPostgres();
    await server.psql(["-c", "create table t as select 1 as n", "-c", "checkpoint"]);
    await server.down(how);
    expect((await server.psql(["-c", "select n from t"])).stderr).toContain("Is the server running");
    await server.up();
    expect((await server.psql(["-c", "select n from t"])).stdout).toBe("1\n");
  });

  test("gives servers that share nothing, several at a time", async () => {
    const servers = await Promise.all([startPostgres(), startPostgres(), startPostgres()]);
    try {
      const identities = servers.map(async (server, n) => {
        await server.psql(["-c", `create table t as select ${n} as n`]);
        return (await server.psql(["-c", "select n from t"])).stdout;
      });
      expect(await Promise.all(identities)).toEqual(["0\n", "1\n", "2\n"]);
    } finally {
      for (const server of servers) await server.stop();
    }
  });

  test("listens on both loopback addresses when asked, below the ephemeral ports", async () => {
    await using server = await startPostgres({ tcp: true, hba: "host all all all trust\n" });
    expect(server.port).toBeLessThan(32_768);
    for (const host of ["127.0.0.1", "::1"]) {
      const args = ["-h", host, "-p", String(server.port), "-U", "postgres", "-d", "postgres"];
      const result = await psql([...args, "-c", "select host(inet_server_addr())"]);
      expect(result).toMatchObject({ stderr: "", stdout: `${host}\n` });
    }
  });

  test("speaks TLS when asked", async () => {
    await using server = await startPostgres({ tcp: true, ssl: true, hba: "hostssl all all all trust\n" });
    const uri = `host=127.0.0.1 port=${server.port} user=postgres dbname=postgres sslmode=require`;
    const result = await psql([uri, "-c", "select ssl from pg_stat_ssl where pid = pg_backend_pid()"]);
    expect(result).toMatchObject({ stderr: "", stdout: "t\n" });
  });

  test("keeps the bytes of the files that it is given", async () => {
    const hba = Buffer.from('local all all trust\nlocal "\xff\xfe" all reject\n', "latin1");
    const ident = Buffer.from("m \xe9 x\n", "latin1");
    await using server = await startPostgres({ hba, ident });
    expect((await readFile(server.paths.hba)).equals(hba)).toBe(true);
    expect((await readFile(server.paths.ident)).equals(ident)).toBe(true);
    await server.writeFile("included.conf", Buffer.from([0xff, 0x0a]));
    const read = "select pg_read_binary_file('included.conf')";
    expect((await server.psql(["-c", read])).stdout).toBe("\\xff0a\n");
  });

  test("reloads, and tells what the server said about it", async () => {
    await using server = await startPostgres();
    await server.writeFile("pg_hba.conf", "local all postgres trust\nlocal all all reject\n");
    expect(await server.reload()).not.toContain("not reloaded");
    const refused = await server.psql(["-U", "eve", "-c", "select 1"]);
    expect(refused.stderr).toContain('pg_hba.conf rejects connection for host "[local]", user "eve"');
    await server.writeFile("pg_hba.conf", "nonsense\n");
    expect(await server.reload()).toContain("pg_hba.conf was not reloaded");
    expect(await server.log()).toContain('invalid connection type "nonsense"');
  });

  test("takes settings, and says why it does not start", async () => {
    await using server = await startPostgres({ settings: { work_mem: "5MB" } });
    expect((await server.psql(["-c", "show work_mem"])).stdout).toBe("5MB\n");
    await expect(startPostgres({ hba: "nonsense\n" })).rejects.toMatchObject({
      code: "start_failed",
      detail: expect.stringContaining("could not load") as string,
    });
  });

  test("leaves neither process nor files behind", async () => {
    const server = await startPostgres();
    await server.stop();
    await expect(stat(server.paths.dataDirectory)).rejects.toMatchObject({ code: "ENOENT" });
    expect(() => process.kill(server.pid, 0)).toThrow(expect.objectContaining({ code: "ESRCH" }));
  });

  test.skipIf(!isRoot)("is out of reach for other OS users", async () => {
    await using server = await startPostgres();
    const { stderr } = await server.psql(["-c", "select 1"], { osUser: "daemon" });
    expect(stderr).toContain("Permission denied");
  });
});

describe("psql", () => {
  test("does not see PG* variables of ours", async () => {
    await using server = await startPostgres();
    process.env["PGAPPNAME"] = "ours";
    try {
      expect((await server.psql(["-c", "show application_name"])).stdout).toBe("psql\n");
    } finally {
      delete process.env["PGAPPNAME"];
    }
  });

  test("is killed at its time limit", async () => {
    await using server = await startPostgres();
    const result = await server.psql(["-c", "select pg_sleep(60)"], { timeoutMs: 300 });
    expect(result.status).toBeNull();
  });
});

test.skipIf(!isRoot)("asOsUser runs a command as that user, in its group alone", async () => {
  const { stdout } = await asOsUser("daemon", "id", []);
  expect(stdout).toBe("uid=1(daemon) gid=1(daemon) groups=1(daemon)\n");
  expect(await asOsUser(1, "id", ["-un"])).toMatchObject({ status: 0, stdout: "daemon\n" });
});

test("freePort gives a port below 32768 that nobody listens on", async () => {
  const port = await freePort();
  expect(port).toBeLessThan(32_768);
  const socket = createConnection({ host: "127.0.0.1", port });
  await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("tempDirectory is private and goes away", async () => {
  const directory = await tempDirectory();
  expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
  await directory.remove();
  await expect(stat(directory.path)).rejects.toMatchObject({ code: "ENOENT" });
});
