import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";

/** Everything that this room offers, asked in a process of its own. */
const questions = `
  const { osSupport, loadOs, peerCredentials, userName, groupId, setTcpOption, tcpOption, listeningSocket, notify } = await import("./os/index.ts");
  const signal = AbortSignal.timeout(10_000);
  console.log(JSON.stringify({
    early: peerCredentials(0),
    ...(await osSupport()),
    loadOs: await loadOs(),
    peerCredentials: peerCredentials(0),
    userName: await userName(0, signal),
    number: await groupId("7", signal),
    name: await groupId("root", signal),
    set: setTcpOption(0, "TCP_KEEPIDLE", 7),
    get: tcpOption(0, "TCP_KEEPIDLE"),
    listening: listeningSocket(0),
    notify: notify("/nowhere", "READY=1"),
  }));`;

const nothing = {
  early: null,
  supported: false,
  loadOs: false,
  peerCredentials: null,
  userName: { error: "peer authentication is not supported on this platform" },
  number: { gid: 7 },
  name: { error: 'could not look up group "root": not supported on this platform' },
  set: "setsockopt(TCP_KEEPIDLE) failed: not supported on this platform",
  get: null,
  listening: { error: "not supported on this platform" },
  notify: "not supported on this platform",
};

/** A koffi whose functions succeed and say nothing. */
const silentKoffi = `
  const func = () => () => 0;
  const type = () => ({});
  export default {
    config: () => ({}), load: () => ({ func }), struct: type, pointer: type, out: type, errno: () => 0, address: () => 0n,
  };`;

let rooms: TempDirectory;
let copies = 0;

beforeAll(async () => {
  rooms = await tempDirectory();
});

afterAll(async () => {
  await rooms?.remove();
});

/** A copy of this room where koffi is what `koffi` says, or is not installed at all. */
async function answers({
  koffi,
  platform = "linux",
}: {
  koffi?: string;
  platform?: string;
}): Promise<unknown> {
  const home = join(rooms.path, String((copies += 1)));
  await cp(fileURLToPath(new URL("../src/os/", import.meta.url)), join(home, "os"), { recursive: true });
  await writeFile(join(home, "package.json"), '{ "type": "module" }');
  const setPlatform = `Object.defineProperty(process, "platform", { value: ${JSON.stringify(platform)} });`;
  await writeFile(join(home, "ask.ts"), setPlatform + questions);
  await mkdir(join(home, "node_modules/@sallyport"), { recursive: true });
  await symlink(
    fileURLToPath(new URL("../../wire/", import.meta.url)),
    join(home, "node_modules/@sallyport/wire"),
  );
  if (koffi !== undefined) {
    const file = join(home, "node_modules/koffi/index.js");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(join(dirname(file), "package.json"), '{ "type": "module", "exports": "./index.js" }');
    await writeFile(file, koffi);
  }
  const { status, stdout, stderr } = await command(process.execPath, [
    "--conditions=sallyport-source",
    join(home, "ask.ts"),
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("where the operating system cannot be asked, nothing fails and nobody is believed:", () => {
  test("koffi, which is optional, is not installed", async () => {
    const reason = expect.stringContaining(
      "koffi cannot be used: Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'koffi'",
    );
    expect(await answers({})).toEqual({ ...nothing, reason });
  });

  test("it is installed without its native part for this machine", async () => {
    const reason = "koffi cannot be used: Error: Cannot find the native Koffi module";
    const koffi = `throw new Error("Cannot find the native Koffi module")`;
    expect(await answers({ koffi })).toEqual({ ...nothing, reason });
  });

  test("the kernel does not say that we are at the other end of our own pair of sockets", async () => {
    const reason = "the system does not tell peer credentials";
    expect(await answers({ koffi: silentKoffi })).toEqual({ ...nothing, reason });
  });

  test("the system is not Linux", async () => {
    expect(await answers({ platform: "darwin" })).toEqual({ ...nothing, reason: "darwin is not supported" });
  });
});
