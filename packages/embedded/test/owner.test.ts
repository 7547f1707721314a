import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempDirectory } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { startEmbedded } from "../src/index.ts";
import { childrenOf, isAlive, killed, ownedServer, query, spawnOwner, until } from "./support.ts";

describe("the owner of an embedded server", () => {
  test("is named to another process that wants the directory", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    const owner = spawnOwner([directory]);
    try {
      await ownedServer(owner);
      await expect(startEmbedded({ directory })).rejects.toMatchObject({
        code: "directory_in_use",
        pid: owner.pid,
      });
    } finally {
      await killed(owner);
    }
    // The next start waits for what the watcher is ending, or ends it.
    await (await startEmbedded({ directory })).stop();
  });

  test("takes its server along when it is killed", async () => {
    await using room = await tempDirectory(0o711);
    const owner = spawnOwner([join(room.path, "server")]);
    const server = await ownedServer(owner);
    expect(isAlive(server.pid)).toBe(true);
    await killed(owner);
    await until("the server ends", () => !isAlive(server.pid));
  });

  test("that died and left its server running is followed by a start that stops it", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    const owner = spawnOwner([directory]);
    const orphan = await ownedServer(owner);
    await query(orphan, "create table kept as select 7 as n");
    const watchers = await childrenOf(owner.pid ?? 0, "sallyport-watcher");
    expect(watchers).toHaveLength(1);
    for (const watcher of watchers) process.kill(watcher, "SIGKILL");
    await killed(owner);
    expect(isAlive(orphan.pid)).toBe(true);

    const lines: string[] = [];
    const server = await startEmbedded({ directory, log: (line) => lines.push(line) });
    try {
      expect(isAlive(orphan.pid)).toBe(false);
      expect(lines.join("\n")).toContain(`stopped process ${orphan.pid}`);
      expect((await query(server, "select n from kept")).stdout).toBe("7\n");
    } finally {
      await server.stop();
    }
  });

  test("is not confused by a postmaster.pid whose number belongs to somebody else now", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    await (await startEmbedded({ directory })).stop();
    const lines = [process.pid, join(directory, "data"), 1, 5432, "../socket", "", "", "ready"];
    await writeFile(join(directory, "data", "postmaster.pid"), `${lines.join("\n")}\n`);
    const server = await startEmbedded({ directory });
    await server.stop();
    expect(isAlive(process.pid)).toBe(true);
  });

  test("that is killed during initdb leaves no half cluster", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    const owner = spawnOwner([directory]);
    const unfinished = async (): Promise<string[]> =>
      (await readdir(directory).catch(() => [])).filter((name) => name.includes("unfinished"));
    await until("initdb works", async () => {
      const [name] = await unfinished();
      return name !== undefined && (await readdir(join(directory, name))).includes("global");
    });
    await killed(owner);
    expect(await readdir(directory)).not.toContain("data");

    const server = await startEmbedded({ directory });
    try {
      expect((await query(server, "select count(*) from pg_database")).stdout).toBe("3\n");
    } finally {
      await server.stop();
    }
    await (await startEmbedded({ directory })).stop();
    expect(await unfinished()).toEqual([]);
  });
});
