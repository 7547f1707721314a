import { chmod, chown, lstat, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { command, osUser, tempDirectory } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { binariesIn, findBinaries, libraryEnvironment, startEmbedded } from "../src/index.ts";
import { isRoot, killed, ownedServer, query, spawnOwner } from "./support.ts";

/** A copy of the installed package as npm leaves it when install scripts do not run. */
async function packageWithoutLinks(below: string): Promise<string> {
  const copy = join(below, "package");
  const result = await command("cp", ["-a", dirname(findBinaries().native), copy]);
  expect(result.status).toBe(0);
  const lib = join(copy, "native", "lib");
  for (const entry of await readdir(lib, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(lib, entry.name));
  }
  return copy;
}

async function linkCount(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isSymbolicLink()).length;
}

test("links that npm did not make are made in the package, also by several at once", async () => {
  await using room = await tempDirectory(0o711);
  const copy = await packageWithoutLinks(room.path);
  const binaries = binariesIn("a copy", copy);
  const broken = await command(binaries.postgres, ["--version"]);
  expect(broken.stderr).toContain("cannot open shared object file");

  const attempts = Array.from(
    { length: 8 },
    async () => await libraryEnvironment(binaries, join(room.path, "links")),
  );
  expect(await Promise.all(attempts)).toEqual(attempts.map(() => ({})));
  const listed: unknown = JSON.parse(await readFile(join(copy, "native", "pg-symlinks.json"), "utf8"));
  expect(await linkCount(join(copy, "native", "lib"))).toBe(Array.isArray(listed) ? listed.length : -1);
  expect((await command(binaries.postgres, ["--version"])).stdout).toContain("18.4");

  const server = await startEmbedded({ directory: join(room.path, "server"), binaries });
  try {
    expect((await query(server, "select 1")).stdout).toBe("1\n");
  } finally {
    await server.stop();
  }
});

test.skipIf(!isRoot)(
  "and in a directory of the server's own where the package cannot be written",
  async () => {
    await using room = await tempDirectory(0o711);
    const copy = await packageWithoutLinks(room.path);
    await chmod(copy, 0o755);
    const home = join(room.path, "home");
    await mkdir(home, { mode: 0o700 });
    await chown(home, osUser("daemon").uid, osUser("daemon").gid);
    const owner = spawnOwner([join(home, "server"), copy], "daemon");
    try {
      const server = await ownedServer(owner);
      expect((await query(server, "select 1", "daemon")).stdout).toBe("1\n");
      expect((await lstat(join(home, "server", "links", "libicui18n.so.60"))).isSymbolicLink()).toBe(true);
      expect(await linkCount(join(copy, "native", "lib"))).toBe(0);
    } finally {
      await killed(owner);
    }
  },
);
