import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { lstatSync } from "node:fs";
import { chmod, chown, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command, freePort, osUser, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { openDoors } from "./listen.ts";
import type { DoorSettings, Listener } from "./listen.ts";

const asRoot = process.geteuid?.() === 0;
const hasSs = spawnSync("ss", ["-V"]).error === undefined;
/** No resolver is asked for it: a label may have 63 characters. */
const noSuchHost = `${"x".repeat(64)}.example`;

let room: TempDirectory;
let port: number;
let log: string[];
let doors: readonly Listener[];
let arrived: Socket[];

beforeEach(async () => {
  [room, port] = await Promise.all([tempDirectory(), freePort()]);
  [log, doors, arrived] = [[], [], []];
});

afterEach(async () => {
  for (const socket of arrived) socket.destroy();
  for (const door of doors) await door.close();
  await room.remove();
});

/** Opens the doors, those of a gate with no door at all unless `more` says otherwise. */
async function open(more: Partial<DoorSettings>): Promise<readonly string[]> {
  const settings: DoorSettings = {
    listen_addresses: [],
    port,
    unix_socket_directories: [],
    unix_socket_permissions: 0o777,
    unix_socket_group: "",
    max_connections: 100,
    tcp_keepalives_idle: 0,
    tcp_keepalives_interval: 0,
    tcp_keepalives_count: 0,
    tcp_user_timeout: 0,
    ...more,
  };
  const note = (severity: string, message: string, { hint }: { hint?: string | undefined } = {}): void => {
    log.push(`${severity}:  ${message}`, ...(hint === undefined ? [] : [`HINT:  ${hint}`]));
  };
  doors = await openDoors(settings, { log: note }, (socket) => void arrived.push(socket));
  return doors.map(({ name }) => name);
}

/** Whether somebody opens; the error's code if nobody does. */
async function knock(at: { readonly host: string; readonly port: number }): Promise<string> {
  const socket = connect(at);
  const answer = await answerTo(socket);
  socket.destroy();
  return answer;
}

async function answerTo(socket: Socket): Promise<string> {
  try {
    await once(socket, "connect");
    return "open";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "?";
  }
}

/** Takes the port of an address for as long as `work` runs. */
async function whileTaken(host: string, work: () => Promise<void>): Promise<void> {
  const other = createServer().listen(port, host);
  await once(other, "listening");
  await work().finally(() => other.close());
}

const inUse = (address: string): string[] => [
  `LOG:  could not bind IPv4 address "${address}": Address already in use`,
  `HINT:  Is another server already running on port ${port}? If not, wait a few seconds and retry.`,
];

describe("listen_addresses", () => {
  test("several addresses: as many as can be had, and a warning for each that cannot", async () => {
    await whileTaken("127.0.0.1", async () => {
      const listen_addresses = ["127.0.0.1", noSuchHost, "192.0.2.1", "127.0.0.2", "::1"];
      expect(await open({ listen_addresses })).toEqual([`127.0.0.2:${port}`, `[::1]:${port}`]);
      expect(log).toEqual([
        ...inUse("127.0.0.1"),
        'WARNING:  could not create listen socket for "127.0.0.1"',
        `LOG:  could not translate host name "${noSuchHost}", service "${port}" to address: Name or service not known`,
        `WARNING:  could not create listen socket for "${noSuchHost}"`,
        'LOG:  could not bind IPv4 address "192.0.2.1": Cannot assign requested address',
        'WARNING:  could not create listen socket for "192.0.2.1"',
        `LOG:  listening on IPv4 address "127.0.0.2", port ${port}`,
        `LOG:  listening on IPv6 address "::1", port ${port}`,
      ]);
    });
  });

  test("none that can be had: no start, and no other door stays open", async () => {
    await whileTaken("127.0.0.1", async () => {
      const settings = { listen_addresses: ["127.0.0.1"], unix_socket_directories: [room.path] };
      await expect(open(settings)).rejects.toThrow("could not create any TCP/IP sockets");
      expect(log).toEqual([
        ...inUse("127.0.0.1"),
        'WARNING:  could not create listen socket for "127.0.0.1"',
      ]);
      expect(await readdir(room.path)).toEqual([]);
    });
  });

  test("host names stand for all their addresses", async () => {
    const names = await open({ listen_addresses: ["localhost"] });
    expect(names).toContain(`127.0.0.1:${port}`);
    expect(await knock({ host: "localhost", port })).toBe("open");
  });

  test("* is both families, and nobody arrives from an IPv4 address in IPv6 clothes", async () => {
    expect(await open({ listen_addresses: ["*"] })).toEqual([`0.0.0.0:${port}`, `[::]:${port}`]);
    for (const host of ["127.0.0.1", "::1"]) expect(await knock({ host, port })).toBe("open");
    await expect.poll(() => arrived.length).toBe(2);
    expect(new Set(arrived.map(({ localAddress }) => localAddress))).toEqual(new Set(["127.0.0.1", "::1"]));
  });

  test("* with one family taken goes on with the other, without a warning", async () => {
    await whileTaken("127.0.0.1", async () => {
      expect(await open({ listen_addresses: ["*"] })).toEqual([`[::]:${port}`]);
      expect(log).toEqual([...inUse("0.0.0.0"), `LOG:  listening on IPv6 address "::", port ${port}`]);
    });
  });

  test("0.0.0.0 has no IPv6, and :: no IPv4", async () => {
    await open({ listen_addresses: ["0.0.0.0"] });
    expect(await knock({ host: "127.0.0.1", port })).toBe("open");
    expect(await knock({ host: "::1", port })).toBe("ECONNREFUSED");
    for (const door of doors) await door.close();
    await open({ listen_addresses: ["::"] });
    expect(await knock({ host: "::1", port })).toBe("open");
    expect(await knock({ host: "127.0.0.1", port })).toBe("ECONNREFUSED");
  });

  test("no door at all is no gate", async () => {
    await expect(open({})).rejects.toThrow("no socket created for listening");
  });

  test.skipIf(!hasSs)("twice max_connections may wait to be accepted, as with a postmaster", async () => {
    await open({
      listen_addresses: ["127.0.0.1"],
      unix_socket_directories: [room.path],
      max_connections: 77,
    });
    const { stdout } = await command("ss", ["-Hltn", `sport = :${port}`]);
    expect(stdout.trim().split(/\s+/)[2]).toBe("154");
    const unix = await command("ss", ["-Hlxn", "src", join(room.path, `.s.PGSQL.${port}`)]);
    expect(unix.stdout.trim().split(/\s+/)[3]).toBe("154");
  });
});

describe("a Unix socket", { timeout: 30_000 }, () => {
  const file = (directory = room.path): string => join(directory, `.s.PGSQL.${port}`);
  const failed = (directory = room.path): string =>
    `WARNING:  could not create Unix-domain socket in directory "${directory}"`;

  test("is never open wider than it may be, not even for a moment", async () => {
    const umask = process.umask(0);
    const modes = new Set<number>();
    let looking = true;
    const look = (): void => {
      const status = lstatSync(file(), { throwIfNoEntry: false });
      if (status) modes.add(status.mode & 0o777);
      if (looking) setImmediate(look);
    };
    look();
    const group = { unix_socket_group: String(process.getegid?.()), unix_socket_permissions: 0o770 };
    try {
      await open({ unix_socket_directories: [room.path], ...group });
    } finally {
      looking = false;
      expect(process.umask(umask)).toBe(0);
    }
    look();
    expect([...modes].filter((mode) => mode !== 0o700 && mode !== 0o770)).toEqual([]);
    expect((await stat(file())).mode & 0o777).toBe(0o770);
  });

  test("in each directory, one of which is named twice", async () => {
    const other = join(room.path, "other");
    const directories = [room.path, other, room.path];
    expect(await open({ unix_socket_directories: directories })).toEqual([file(), file(other)]);
    expect(log).toEqual([
      `LOG:  listening on Unix socket "${file()}"`,
      `LOG:  listening on Unix socket "${file(other)}"`,
    ]);
  });

  test("whose path is too long is a warning, if there is another", async () => {
    const deep = join(room.path, "x".repeat(100));
    expect(await open({ unix_socket_directories: [deep, room.path] })).toEqual([file()]);
    expect(log).toEqual([
      `LOG:  Unix-domain socket path "${file(deep)}" is too long (maximum 107 bytes)`,
      failed(deep),
      `LOG:  listening on Unix socket "${file()}"`,
    ]);
  });

  test("of a group that does not exist is none, and the start fails if it was the only one", async () => {
    const settings = { unix_socket_directories: [room.path], unix_socket_group: "no such group" };
    await expect(open(settings)).rejects.toThrow("could not create any Unix-domain sockets");
    expect(log).toEqual(['LOG:  group "no such group" does not exist', failed()]);
    expect(await readdir(room.path)).toEqual([]);
  });

  test.skipIf(!asRoot)("of a group that we may not give it to: nothing of it is left (as root)", async () => {
    const { uid, gid } = osUser("daemon");
    const directory = join(room.path, "daemon");
    await mkdir(directory);
    await chmod(room.path, 0o711);
    await chown(directory, uid, gid);
    process.setegid?.(gid);
    process.seteuid?.(uid);
    try {
      const settings = { unix_socket_directories: [directory], unix_socket_group: "root" };
      await expect(open(settings)).rejects.toThrow("could not create any Unix-domain sockets");
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
    expect(log).toEqual([
      `LOG:  could not set group of file "${file(directory)}": Operation not permitted`,
      failed(directory),
    ]);
    expect(await readdir(directory)).toEqual([]);
  });

  test("leaves alone what stands in its way and is not a socket", async () => {
    await writeFile(file(), "mine");
    await expect(open({ unix_socket_directories: [room.path] })).rejects.toThrow(
      "could not create any Unix-domain sockets",
    );
    expect(log).toEqual([
      `LOG:  could not bind Unix address "${file()}": Address already in use`,
      `HINT:  Is another server already running on port ${port}?`,
      failed(),
    ]);
    expect(await readdir(room.path)).toEqual([`.s.PGSQL.${port}`]);
    expect((await stat(file())).isFile()).toBe(true);
  });

  test("leaves alone a server that is too busy to answer", async () => {
    const script = `require("net").createServer().listen({ path: ${JSON.stringify(file())}, backlog: 1 }, () => {
      process.stdout.write("listening", () => process.kill(process.pid, "SIGSTOP"));
    })`;
    const busy = spawn(process.execPath, ["-e", script]);
    await once(busy.stdout, "data");
    try {
      let next: Socket;
      do {
        next = connect(file());
        arrived.push(next);
      } while ((await answerTo(next)) === "open");
      await expect(open({ unix_socket_directories: [room.path] })).rejects.toThrow(
        "could not create any Unix-domain sockets",
      );
    } finally {
      for (const socket of arrived) socket.destroy();
      busy.kill("SIGKILL");
    }
    expect(log[0]).toBe(`LOG:  could not bind Unix address "${file()}": Address already in use`);
    expect((await stat(file())).isSocket()).toBe(true);
    await once(busy, "exit");
  });

  test("of a directory that takes no lock file is a reason not to start", async () => {
    await writeFile(join(room.path, "file"), "");
    const directory = join(room.path, "file");
    await expect(open({ unix_socket_directories: [room.path, directory] })).rejects.toThrow(
      `could not create lock file "${file(directory)}.lock": `,
    );
    expect(await readdir(room.path)).toEqual(["file"]);
  });
});
