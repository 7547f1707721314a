import { mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadSettings, readHba, readIdent, systemDisk } from "../index.ts";
import type { FileReading, Settings } from "../index.ts";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OnDisk } from "./on-disk.ts";
import type { Reading } from "./on-disk.ts";

let room: TempDirectory;
let settings: Settings;
/** Both files as they were last read; the hash of each is one that no reading gives. */
let known: { hba: Reading; ident: Reading };

beforeEach(async () => {
  room = await tempDirectory();
  await write("pg_hba.conf", "include_dir rules\nlocal all all reject\n");
  await mkdir(join(room.path, "rules"));
  await write("rules/one.conf", "host all @names all reject\n");
  await write("rules/names", "app\n");
  await write("pg_ident.conf", "");
  await write("sallyport.conf", "upstream = 'host=/nowhere'\nupstream_auth = service\n");
  const loaded = await loadSettings({ directory: room.path, overrides: [], disk: systemDisk });
  if (!("settings" in loaded)) throw new Error(JSON.stringify(loaded.diagnostics));
  ({ settings } = loaded);
  known = { hba: asKnown(await readHba(settings)), ident: asKnown(await readIdent(settings)) };
});

afterEach(async () => {
  await room.remove();
});

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(room.path, name), text, { mode: 0o600 });
}

function asKnown({ fileName, read }: FileReading): Reading {
  return { fileName, read, sha256: "as it was", loads: true };
}

describe("what lies on the disk", () => {
  test("is not read as policy again while all its files are, byte by byte, what they were", async () => {
    const onDisk = new OnDisk();
    await write("rules/one.conf", "host all @names all reject\n");
    await utimes(join(room.path, "pg_hba.conf"), 1, 1);
    expect(await onDisk.look(settings, known)).toEqual({
      hba: expect.objectContaining({ sha256: "as it was", loads: true }) as unknown,
      ident: expect.objectContaining({ sha256: "as it was", loads: true }) as unknown,
    });
  });

  test.each([
    ["the file itself", async () => await write("pg_hba.conf", "local all all reject\n")],
    [
      "a file that it includes",
      async () => await write("rules/one.conf", "host all @names ::1/128 reject\n"),
    ],
    ["a list of names", async () => await write("rules/names", "app,bob\n")],
    ["a file that was added to a directory", async () => await write("rules/two.conf", "\n")],
    ["a file that was taken away", async () => await rm(join(room.path, "rules/one.conf"))],
    [
      "a file that has another name",
      async () => await rename(join(room.path, "rules/one.conf"), join(room.path, "rules/0.conf")),
    ],
  ])("is read once it differs, and no more often: %s", async (_what, change) => {
    await change();
    const onDisk = new OnDisk();
    const { hba, ident } = await onDisk.look(settings, known);
    expect(hba).toMatchObject({ sha256: (await readHba(settings)).sha256, loads: true });
    expect(ident.sha256).toBe("as it was");
    expect((await onDisk.look(settings, known)).hba).toBe(hba);
    await write("pg_hba.conf", "local all all reject # again\n");
    expect((await onDisk.look(settings, known)).hba.sha256).toBe((await readHba(settings)).sha256);
  });

  test("may be what would not load, or not be there", async () => {
    const onDisk = new OnDisk();
    await write("pg_hba.conf", "nonsense\n");
    await rm(join(room.path, "pg_ident.conf"));
    expect(await onDisk.look(settings, known)).toMatchObject({
      hba: { loads: false },
      ident: { loads: false },
    });
    await write("pg_ident.conf", "");
    expect((await onDisk.look(settings, known)).ident).toMatchObject({ sha256: "as it was", loads: true });
  });

  test("is looked at once for all who ask at the same time", async () => {
    const onDisk = new OnDisk();
    const [one, other] = await Promise.all([onDisk.look(settings, known), onDisk.look(settings, known)]);
    expect(one).toBe(other);
  });
});
