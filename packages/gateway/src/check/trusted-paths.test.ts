import { chmod, chown, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { checkWriters } from "./trusted-paths.ts";

const uid = process.getuid?.() ?? 0;
let room: TempDirectory;

beforeEach(async () => {
  room = await tempDirectory(0o755);
  await mkdir(join(room.path, "gate"));
  await writeFile(join(room.path, "gate/pg_hba.conf"), "", { mode: 0o600 });
});

afterEach(async () => {
  await room.remove();
});

/** What is reported about a path below the room. */
async function writers(path = "gate/pg_hba.conf", trusted = [0, uid]): Promise<string[]> {
  const found = await checkWriters([join(room.path, path)], new Set(trusted));
  return found.map(({ message }) => message.replace(room.path, "ROOM").replaceAll(/ID \d+/g, "ID N"));
}

test("files and directories that only trusted users may write are not reported", async () => {
  await chmod(join(room.path, "gate/pg_hba.conf"), 0o644);
  expect(await writers()).toEqual([]);
});

test.for([
  [0o666, "everybody"],
  [0o602, "everybody"],
  [0o660, "its group (group ID N)"],
] as const)("a file of mode %o", async ([mode, who]) => {
  await chmod(join(room.path, "gate/pg_hba.conf"), mode);
  expect(await writers()).toEqual([`"ROOM/gate/pg_hba.conf" may be written by ${who}`]);
});

test("a directory on the way", async () => {
  await chmod(join(room.path, "gate"), 0o777);
  expect(await writers()).toEqual(['"ROOM/gate" may be written by everybody']);
});

test("a directory with the sticky bit is none: nobody can replace what is another's", async () => {
  await chmod(join(room.path, "gate"), 0o1777);
  expect(await writers()).toEqual([]);
});

test("behind a link the way that it leads counts, and the one on which it stands", async () => {
  await mkdir(join(room.path, "links"));
  await symlink("../gate/pg_hba.conf", join(room.path, "links/pg_hba.conf"));
  expect(await writers("links/pg_hba.conf")).toEqual([]);
  await chmod(join(room.path, "links"), 0o777);
  await chmod(join(room.path, "gate"), 0o777);
  expect(await writers("links/pg_hba.conf")).toEqual([
    '"ROOM/links" may be written by everybody',
    '"ROOM/gate" may be written by everybody',
  ]);
});

test("what is not there is passed over, not the way to it", async () => {
  await chmod(join(room.path, "gate"), 0o777);
  expect(await writers("gate/no/such/file")).toEqual(['"ROOM/gate" may be written by everybody']);
});

describe.skipIf(uid !== 0)("owners (as root, who can give files away)", () => {
  test("one who is neither root nor runs the gateway", async () => {
    await chown(join(room.path, "gate/pg_hba.conf"), 4321, 0);
    expect(await writers()).toEqual([
      '"ROOM/gate/pg_hba.conf" may be written by its owner (user ID N), who is neither root nor runs the gateway',
    ]);
    expect(await writers("gate/pg_hba.conf", [0, 4321])).toEqual([]);
  });
});
