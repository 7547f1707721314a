import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { osUser, tempDirectory } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { startEmbedded } from "../src/index.ts";
import { hasUserNamespaces, isRoot, killed, ownedServer, query, spawnOwner } from "./support.ts";

/** Opens every directory on the way and the socket itself: what is left is the server's own judgement. */
async function openEverything(paths: readonly string[], socketDirectory: string): Promise<void> {
  for (const path of paths) await chmod(path, 0o755);
  await chmod(socketDirectory, 0o755);
  await chmod(join(socketDirectory, ".s.PGSQL.5432"), 0o777);
}

const strangers = ["daemon", "nobody", "www-data"] as const;

describe.skipIf(!isRoot)("started by root, nobody but root can reach the embedded server", () => {
  test("when it runs as an unprivileged user", async () => {
    await using room = await tempDirectory(0o711);
    const directory = join(room.path, "server");
    const server = await startEmbedded({ directory });
    try {
      expect(server).toMatchObject({ runsAs: "user", osUser: "root" });
      expect((await query(server, "select system_user")).stdout).toBe("peer:root\n");
      for (const name of strangers) {
        const { status, stderr } = await query(server, "select 1", name);
        expect.soft(status, name).toBe(2);
        expect.soft(stderr, name).toContain("Permission denied");
      }
      // The server's own OS user gets through to the socket, and no further.
      const own = await query(server, "select 1", "postgres");
      expect(own.stderr).toContain('Peer authentication failed for user "postgres"');

      await openEverything([room.path, directory], server.socketDirectory);
      for (const name of strangers) {
        const { stderr } = await query(server, "select 1", name);
        expect.soft(stderr, name).toContain('Peer authentication failed for user "postgres"');
      }
    } finally {
      await server.stop();
    }
  });

  test.skipIf(!hasUserNamespaces)("when it runs in a user namespace, below a home of mode 0700", async () => {
    await using home = await tempDirectory(0o700);
    const directory = join(home.path, "server");
    const lines: string[] = [];
    const server = await startEmbedded({ directory, log: (line) => lines.push(line) });
    try {
      expect(server).toMatchObject({ runsAs: "namespace", osUser: "daemon" });
      expect(lines[0]).toContain('in a user namespace where root is "daemon"');
      expect((await query(server, "select system_user")).stdout).toBe("peer:daemon\n");
      for (const name of ["postgres", ...strangers]) {
        const { status, stderr } = await query(server, "select 1", name);
        expect.soft(status, name).toBe(2);
        expect.soft(stderr, name).toContain("Permission denied");
      }
      // The real daemon is not the "daemon" that the server knows: to it, every stranger is "nobody".
      await openEverything([home.path, directory], server.socketDirectory);
      for (const name of ["postgres", ...strangers]) {
        const { stderr } = await query(server, "select 1", name);
        expect.soft(stderr, name).toContain('Peer authentication failed for user "postgres"');
      }
    } finally {
      await server.stop();
    }
  });

  test.skipIf(!hasUserNamespaces)("and a cluster goes on as it began when the way to it opens", async () => {
    await using home = await tempDirectory(0o700);
    const directory = join(home.path, "server");
    const first = await startEmbedded({ directory });
    await query(first, "create table kept as select 1 as n");
    await first.stop();
    await chmod(home.path, 0o755);
    const second = await startEmbedded({ directory });
    try {
      expect(second.runsAs).toBe("namespace");
      expect((await query(second, "select n from kept")).stdout).toBe("1\n");
    } finally {
      await second.stop();
    }
  });

  test("and a cluster of an unprivileged user that can no longer reach it is an error that says so", async () => {
    await using home = await tempDirectory(0o711);
    const directory = join(home.path, "server");
    await (await startEmbedded({ directory })).stop();
    await chmod(home.path, 0o700);
    await expect(startEmbedded({ directory })).rejects.toMatchObject({
      code: "no_unprivileged_user",
      detail: expect.stringMatching(/^as OS user \d+: .*can't cd to/) as string,
    });
  });
});

describe.skipIf(!isRoot)("started by an ordinary user", () => {
  test("nobody else can reach it, and root is not let in", async () => {
    await using room = await tempDirectory(0o711);
    const home = join(room.path, "home");
    const { uid, gid } = osUser("daemon");
    await mkdir(home, { mode: 0o700 });
    await chown(home, uid, gid);
    const owner = spawnOwner([join(home, "server")], "daemon");
    try {
      const server = await ownedServer(owner);
      expect(server).toMatchObject({ runsAs: "self", osUser: "daemon" });
      expect((await query(server, "select system_user", "daemon")).stdout).toBe("peer:daemon\n");
      for (const name of ["postgres", "nobody"]) {
        expect.soft((await query(server, "select 1", name)).stderr, name).toContain("Permission denied");
      }
      expect((await query(server, "select 1")).stderr).toContain("Peer authentication failed");
    } finally {
      await killed(owner);
    }
  });
});
