import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { startEmbedded } from "../src/index.ts";
import { isAlive, query, until } from "./support.ts";

describe("an embedded server", () => {
  test("starts in a directory of its own, on a private socket and no TCP port", async () => {
    await using room = await tempDirectory(0o711);
    const server = await startEmbedded({ directory: join(room.path, "server") });
    try {
      expect(server).toMatchObject({ version: "18.4", port: 5432, superuser: "postgres" });
      const settings = "select current_setting('server_version'), current_setting('listen_addresses')";
      expect((await query(server, settings)).stdout).toBe("18.4|\n");
      expect((await query(server, "select system_user")).stdout).toBe(`peer:${server.osUser}\n`);
      expect((await stat(server.socketDirectory)).mode & 0o777).toBe(0o700);
      expect((await stat(join(server.directory, "data"))).mode & 0o777).toBe(0o700);
    } finally {
      await server.stop();
    }
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(isAlive(server.pid)).toBe(false);
  });

  test("has the files and settings that a gateway needs", async () => {
    await using room = await tempDirectory(0o711);
    const server = await startEmbedded({ directory: join(room.path, "server") });
    try {
      const rules = "select type, database, user_name, auth_method, options, error from pg_hba_file_rules";
      expect((await query(server, rules)).stdout).toBe(
        "local|{all}|{all}|peer|{map=sallyport}|\nlocal|{replication}|{all}|peer|{map=sallyport}|\n",
      );
      const map = "select map_name, sys_name, pg_username, error from pg_ident_file_mappings";
      expect((await query(server, map)).stdout).toBe(`sallyport|${server.osUser}|all|\n`);
      const names = [
        "max_connections",
        "max_wal_senders",
        "wal_level",
        "fsync",
        "password_encryption",
        "TimeZone",
      ];
      const values = names.map((name) => `current_setting('${name}')`).join(", ");
      expect((await query(server, `select ${values}`)).stdout).toBe("500|20|logical|on|scram-sha-256|UTC\n");
    } finally {
      await server.stop();
    }
  });

  test("keeps its data when it is stopped and started again", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    const first = await startEmbedded({ directory });
    await query(first, "create table kept as select 42 as answer");
    await first.stop();
    const second = await startEmbedded({ directory });
    try {
      expect((await query(second, "select answer from kept")).stdout).toBe("42\n");
    } finally {
      await second.stop();
    }
  });

  test("can be reached below a path that is longer than a socket's name may be", async () => {
    await using room = await tempDirectory(0o711);
    const deep = join(room.path, "d".repeat(100), "e".repeat(100));
    await mkdir(deep, { recursive: true, mode: 0o755 });
    const server = await startEmbedded({ directory: join(deep, "server") });
    try {
      // psql has no way around the limit; a path through the directory's short name does.
      const near = { socketDirectory: `/proc/${server.pid}/cwd/../socket` };
      expect((await query(near, "select 1")).stdout).toBe("1\n");
    } finally {
      await server.stop();
    }
  });

  test("is refused on a directory in use, with the process that holds it", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    const server = await startEmbedded({ directory });
    try {
      await expect(startEmbedded({ directory })).rejects.toMatchObject({
        code: "directory_in_use",
        pid: process.pid,
      });
      expect((await query(server, "select 1")).stdout).toBe("1\n");
    } finally {
      await server.stop();
    }
  });

  test("takes settings, but none that would open it", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    for (const name of ["listen_addresses", "HBA_File", "unix_socket_directories"]) {
      await expect(startEmbedded({ directory, settings: { [name]: "x" } })).rejects.toMatchObject({
        code: "bad_setting",
      });
    }
    const server = await startEmbedded({ directory, settings: { work_mem: "5MB", "my.word": "a b" } });
    try {
      const values = "select current_setting('work_mem'), current_setting('my.word')";
      expect((await query(server, values)).stdout).toBe("5MB|a b\n");
    } finally {
      await server.stop();
    }
  });

  test("that does not start says why in the words of its log, and frees its directory", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    await expect(startEmbedded({ directory, settings: { no_such_setting: "1" } })).rejects.toMatchObject({
      code: "start_failed",
      detail: expect.stringContaining('unrecognized configuration parameter "no_such_setting"') as string,
    });
    const server = await startEmbedded({ directory });
    await server.stop();
  });

  test("refuses a directory that others can write to", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    await mkdir(directory);
    await chmod(directory, 0o777);
    await expect(startEmbedded({ directory })).rejects.toMatchObject({ code: "directory_unusable" });
  });

  test("stops hard when a session would keep it", async () => {
    await using room = await tempDirectory(0o711);
    const server = await startEmbedded({ directory: join(room.path, "server") });
    const sleeper = query(server, "select pg_sleep(60)");
    const sleeping = "select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'";
    await until("the session sleeps", async () => (await query(server, sleeping)).stdout === "1\n");
    await server.stop("smart", 200);
    expect(isAlive(server.pid)).toBe(false);
    expect((await sleeper).stderr).toContain("terminating connection due to administrator command");
  });
});
