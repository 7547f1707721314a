import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import { LivePolicy, LiveTls, loadSettings, readHba, readIdent, Reloader, systemDisk } from "../src/index.ts";

test("reloads that are asked for while one runs are one that follows it", async () => {
  await using directory = await tempDirectory();
  const write = async (name: string, text: string): Promise<void> =>
    await writeFile(join(directory.path, name), text, { mode: 0o600 });
  await write("sallyport.conf", "upstream = 'host=/nowhere'\nupstream_auth = service\n");
  await write("pg_hba.conf", "local all all trust\n");
  await write("pg_ident.conf", "");
  const load = async (): ReturnType<typeof loadSettings> =>
    await loadSettings({ directory: directory.path, overrides: [], disk: systemDisk });
  const loaded = await load();
  if (!("settings" in loaded)) throw new Error("the settings do not load");
  const hba = await readHba(loaded.settings);
  if (hba.policy === null) throw new Error("the rules do not load");
  const clock = (): Date => new Date();
  const policy = new LivePolicy({ ...hba, policy: hba.policy }, await readIdent(loaded.settings), clock);
  const seen: string[] = [];
  const reloader = new Reloader({
    loaded,
    configFile: join(directory.path, "sallyport.conf"),
    reread: async () => {
      seen.push("read");
      if (seen.length === 1) await write("pg_hba.conf", "local all all reject\n");
      return await load();
    },
    policy,
    tls: await LiveTls.start(loaded.settings),
    apply: () => undefined,
    log: { log: () => undefined },
  });
  const first = reloader.reload();
  // Begun by now: those who come ask for another one.
  await Promise.resolve();
  await Promise.resolve();
  const others = Array.from({ length: 20 }, async () => await reloader.reload());
  const [one, ...rest] = await Promise.all([first, ...others]);
  expect(seen).toHaveLength(2);
  expect(new Set(rest).size).toBe(1);
  expect(rest[0]).not.toBe(one);
  expect(policy.current.rules[0]?.method).toBe("reject");
});
