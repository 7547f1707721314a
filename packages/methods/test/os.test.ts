import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { osUser, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import {
  groupId,
  loadOs,
  osSupport,
  peerCredentials,
  setTcpOption,
  tcpOption,
  userName,
} from "../src/os/index.ts";
import type { TcpOption } from "../src/os/index.ts";

const asRoot = process.geteuid?.() === 0;
const [ourUid = -1, ourGid = -1] = [process.geteuid?.(), process.getegid?.()];
const nobodyHasThisId = 4_242_424;
const patient = AbortSignal.timeout(60_000);

let room: TempDirectory;

beforeAll(async () => {
  room = await tempDirectory(0o711);
  if (!(await loadOs())) throw new Error(JSON.stringify(await osSupport()));
});

afterAll(async () => {
  await room?.remove();
});

/** A socket that everybody may connect to. */
async function unixServer(name: string): Promise<{ readonly server: Server; readonly path: string }> {
  const path = join(room.path, name);
  const server = createServer().listen({ path, readableAll: true, writableAll: true });
  await once(server, "listening");
  return { server, path };
}

async function accepted(server: Server): Promise<Socket> {
  const [socket] = await once(server, "connection");
  return socket as Socket;
}

/** The number that the gateway, too, takes from its sockets. */
function descriptor(socket: Socket): number {
  return Number(Reflect.get(Object(Reflect.get(socket, "_handle")), "fd"));
}

/** A client, whoever it is before it connects; then it does as it is told. */
function clientScript(path: string, { become = "", then }: { become?: string; then: string }): string[] {
  return ["-e", `${become};require("net").connect(${JSON.stringify(path)}, () => { ${then} })`];
}

/** Both ends of a TCP connection of this process. */
async function tcpPair(): Promise<{ readonly ours: Socket; readonly close: () => void }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const ours = await accepted(server);
  const close = (): void => {
    for (const socket of [client, ours]) socket.destroy();
    server.close();
  };
  return { ours, close };
}

describe("peerCredentials", () => {
  test("names the process that connected to a Unix socket", async () => {
    const { server, path } = await unixServer("self");
    const client = connect(path);
    const socket = await accepted(server);
    expect(peerCredentials(descriptor(socket))).toEqual({ pid: process.pid, uid: ourUid, gid: ourGid });
    for (const end of [client, socket]) end.destroy();
    server.close();
  });

  test.skipIf(!asRoot)("names its user and group as they were when it connected (as root)", async () => {
    const { server, path } = await unixServer("other");
    const arrival = accepted(server);
    const { uid, gid } = osUser("daemon");
    const become = `process.setegid(${gid}); process.seteuid(${uid})`;
    const then = "process.seteuid(0); process.setegid(0); process.exit()";
    const { pid, status } = spawnSync(process.execPath, clientScript(path, { become, then }));
    expect(status).toBe(0);
    const socket = await arrival;
    expect(peerCredentials(descriptor(socket))).toEqual({ pid, uid, gid });
    socket.destroy();
    server.close();
  });

  test("names it even if it has gone before anybody looked", async () => {
    const { server, path } = await unixServer("gone");
    const arrival = accepted(server);
    // This process waits for its end, and accepts nobody meanwhile.
    const { pid, status } = spawnSync(process.execPath, clientScript(path, { then: "process.exit()" }));
    expect(status).toBe(0);
    const socket = await arrival;
    expect(peerCredentials(descriptor(socket))).toEqual({ pid, uid: ourUid, gid: ourGid });
    socket.destroy();
    server.close();
  });

  test("says nothing of a TCP connection, whose other end the kernel gives as user 4294967295", async () => {
    const { ours, close } = await tcpPair();
    expect(peerCredentials(descriptor(ours))).toBeNull();
    close();
  });

  test("says nothing of a file, or of a descriptor that is closed", async () => {
    const file = await open(join(room.path, "file"), "w");
    const { fd } = file;
    expect(peerCredentials(fd)).toBeNull();
    await file.close();
    expect(peerCredentials(fd)).toBeNull();
    expect(peerCredentials(-1)).toBeNull();
  });
});

describe("userName", () => {
  test("is the name of a user", async () => {
    expect(await userName(0, patient)).toEqual({ name: "root" });
    const { name, uid } = osUser("daemon");
    expect(await userName(uid, patient)).toEqual({ name });
  });

  test("of a user that does not exist is PostgreSQL's line for the log", async () => {
    const error = `local user with ID ${nobodyHasThisId} does not exist`;
    expect(await userName(nobodyHasThisId, patient)).toEqual({ error });
    expect(await userName(0xffff_ffff, patient)).toEqual({
      error: "local user with ID 4294967295 does not exist",
    });
  });

  test("is asked for off the event loop, by as many as want it at once", async () => {
    const names = await Promise.all(Array.from({ length: 300 }, async () => await userName(0, patient)));
    expect(names).toEqual(Array.from({ length: 300 }, () => ({ name: "root" })));
  });

  test("is not waited for beyond the signal", async () => {
    await expect(userName(0, AbortSignal.abort(new Error("too late")))).rejects.toThrow(
      "the operation was aborted",
    );
    const impatience = new AbortController();
    const name = userName(0, impatience.signal);
    impatience.abort(new Error("too late"));
    await expect(name).rejects.toThrow("the operation was aborted");
  });
});

describe("groupId", () => {
  test("finds a group by its name", async () => {
    expect(await groupId("root", patient)).toEqual({ gid: 0 });
    expect(await groupId("daemon", patient)).toEqual({ gid: 1 });
  });

  test.each([
    ["0", 0],
    [String(nobodyHasThisId), nobodyHasThisId],
    [" +104", 104],
    ["4294967294", 0xffff_fffe],
  ])("takes %j for a number", async (group, gid) => {
    expect(await groupId(group, patient)).toEqual({ gid });
  });

  // PostgreSQL takes -1 and 4294967295 for numbers, which chown(2) takes for "leave it as it is".
  test.each(["nobody has this name", "104 ", "1x", "-1", "4294967295", "99999999999999999999", "root\0"])(
    "does not know %j",
    async (group) => {
      expect(await groupId(group, patient)).toEqual({ error: `group "${group}" does not exist` });
    },
  );
});

describe("options of a TCP socket", () => {
  test.each<[TcpOption, number]>([
    ["TCP_KEEPIDLE", 7],
    ["TCP_KEEPINTVL", 3],
    ["TCP_KEEPCNT", 4],
    ["TCP_USER_TIMEOUT", 12_345],
  ])("%s is what was set", async (option, value) => {
    const { ours, close } = await tcpPair();
    expect(tcpOption(descriptor(ours), option)).not.toBe(value);
    expect(setTcpOption(descriptor(ours), option, value)).toBeNull();
    expect(tcpOption(descriptor(ours), option)).toBe(value);
    close();
  });

  test("a value that the system refuses is PostgreSQL's line for the log, and changes nothing", async () => {
    const { ours, close } = await tcpPair();
    const before = tcpOption(descriptor(ours), "TCP_KEEPCNT");
    expect(setTcpOption(descriptor(ours), "TCP_KEEPCNT", 300)).toBe(
      "setsockopt(TCP_KEEPCNT) failed: Invalid argument",
    );
    expect(tcpOption(descriptor(ours), "TCP_KEEPCNT")).toBe(before);
    close();
    expect(setTcpOption(-1, "TCP_KEEPIDLE", 7)).toBe("setsockopt(TCP_KEEPIDLE) failed: Bad file descriptor");
    expect(tcpOption(-1, "TCP_KEEPIDLE")).toBeNull();
  });
});
