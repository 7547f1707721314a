import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { ConfigWatch } from "./config-watch.ts";

let room: TempDirectory;
let watch: ConfigWatch | null;
let reloads: number;

beforeEach(async () => {
  room = await tempDirectory();
  watch = null;
  reloads = 0;
});

afterEach(async () => {
  await watch?.stop();
  await room.remove();
});

/** Watches files of the room; changes from before it began do not count. */
async function watching(...names: readonly string[]): Promise<void> {
  await sleep(30);
  watch = new ConfigWatch({
    paths: () => names.map((name) => join(room.path, name)),
    changed: async () => {
      reloads += 1;
      await Promise.resolve();
    },
    interval: 10,
  });
  watch.start(new Date());
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(room.path, name), text);
}

/** Waits until there were so many reloads, and returns how many there were. */
async function reloaded(times: number): Promise<number> {
  await vi.waitUntil(() => reloads >= times, { timeout: 10_000 });
  return reloads;
}

describe("a change is seen", () => {
  test("of a file that is written in place", async () => {
    await write("a", "one");
    await watching("a");
    await write("a", "two");
    expect(await reloaded(1)).toBe(1);
  });

  test("of one that is replaced, of the same size and age", async () => {
    await write("a", "one");
    await write("b", "two");
    await watching("a");
    await rename(join(room.path, "b"), join(room.path, "a"));
    expect(await reloaded(1)).toBe(1);
  });

  test("of one that comes, and of one that goes", async () => {
    await watching("a");
    await write("a", "one");
    expect(await reloaded(1)).toBe(1);
    await rm(join(room.path, "a"));
    expect(await reloaded(2)).toBe(2);
  });

  test("of all files behind one link that is turned, as Kubernetes does it, once", async () => {
    for (const version of ["v1", "v2"]) {
      await mkdir(join(room.path, version));
      for (const name of ["a", "b"]) await write(`${version}/${name}`, version);
    }
    await symlink("v1", join(room.path, "..data"));
    for (const name of ["a", "b"]) await symlink(`..data/${name}`, join(room.path, name));
    await watching("a", "b");
    await symlink("v2", join(room.path, "..data_tmp"));
    await rename(join(room.path, "..data_tmp"), join(room.path, "..data"));
    expect(await reloaded(1)).toBe(1);
    await sleep(100);
    expect(reloads).toBe(1);
  });

  test("of a directory that gets one more file", async () => {
    await mkdir(join(room.path, "d"));
    await watching("d");
    await write("d/new.conf", "");
    expect(await reloaded(1)).toBe(1);
  });

  test("from between the reading of a file and the first look at it", async () => {
    await write("a", "one");
    watch = new ConfigWatch({
      paths: () => [join(room.path, "a")],
      changed: async () => {
        reloads += 1;
        await sleep(50);
      },
      interval: 10,
    });
    watch.start(new Date(Date.now() - 1000));
    expect(await reloaded(1)).toBe(1);
  });
});

test("what is still being written is left alone, and read once when it is done", async () => {
  await write("a", "");
  let looks = 0;
  watch = new ConfigWatch({
    paths: () => {
      // Somebody writes between each two looks.
      if (looks < 20) writeFileSync(join(room.path, "a"), "x".repeat((looks += 1)));
      return [join(room.path, "a")];
    },
    changed: async () => {
      reloads += 1;
      expect(looks).toBe(20);
      await Promise.resolve();
    },
    interval: 10,
  });
  watch.start(new Date());
  expect(await reloaded(1)).toBe(1);
  await sleep(100);
  expect(reloads).toBe(1);
});

test("what changes while it is read is read again", async () => {
  await write("a", "one");
  await sleep(30);
  const read: string[] = [];
  watch = new ConfigWatch({
    paths: () => [join(room.path, "a")],
    changed: async () => {
      read.push(readFileSync(join(room.path, "a"), "utf8"));
      if (read.length === 1) await write("a", "three");
      await sleep(50);
    },
    interval: 10,
  });
  watch.start(new Date());
  await write("a", "two");
  await vi.waitUntil(() => read.includes("three"), { timeout: 10_000 });
  expect(read).toEqual(["two", "three"]);
});

test("nothing happens while nothing changes, nor when the watch has ended", async () => {
  await write("a", "one");
  await watching("a");
  await sleep(100);
  await watch?.stop();
  await write("a", "two");
  await sleep(100);
  expect(reloads).toBe(0);
});
