import { chmod, chown, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkRoom, conninfo, hba, noSuchHost } from "./check-room.ts";

const room = checkRoom();
const { check, findings, makeGate } = room;

describe("permissions and places", () => {
  test("writable-by-others: each file of the gate, and what they include", async () => {
    const directory = await makeGate({ hba: "include more\n", conf: "include_if_exists = 'more.conf'" });
    await writeFile(join(directory, "more"), hba);
    await writeFile(join(directory, "more.conf"), "");
    const names = ["sallyport.conf", "more.conf", "pg_hba.conf", "pg_ident.conf", "more"];
    for (const name of names) await chmod(join(directory, name), 0o622);
    expect(await findings(directory, "--offline")).toEqual(
      names.map((name) => `writable-by-others "GATE/${name}" may be written by everybody`),
    );
  });

  test("writable-by-others: directories, too, also where the settings are of no use", async () => {
    const directory = await makeGate({ conf: "prot = 1" });
    await chmod(directory, 0o777);
    expect(await findings(directory)).toEqual([
      'setting-refused 7:1 unrecognized configuration parameter "prot"',
      'writable-by-others "GATE" may be written by everybody',
    ]);
  });

  test("readable-by-others and node-key-refused", async () => {
    const directory = await makeGate();
    await writeFile(join(directory, "node.key"), "short", { mode: 0o644 });
    expect(await findings(directory, "--offline")).toEqual([
      'node-key-refused "GATE/node.key" must have 32 bytes, and has 5',
      'readable-by-others "GATE/node.key" has group or world access',
    ]);
  });

  test("passfile-ignored", async () => {
    const passfile = join(room.path, "passfile");
    await writeFile(passfile, "*:*:*:*:hunter2\n", { mode: 0o644 });
    const directory = await makeGate({ upstream: `${conninfo(room.server)} passfile=${passfile}` });
    expect(await findings(directory)).toEqual([
      'passfile-ignored password file "ROOM/passfile" has group or world access; permissions should be u=rw (0600) or less',
    ]);
  });

  test("data-directory", async () => {
    const directory = await makeGate({ conf: "data_directory = 'data'" });
    expect(await findings(directory, "--offline")).toEqual([
      'data-directory data directory "GATE/data" cannot be used: No such file or directory',
    ]);
  });

  test("listen-address; if no other is left, no-door", async () => {
    const directory = await makeGate();
    const missing = 'listen-address no interface of this machine has the address "192.0.2.1"';
    expect(await findings(directory, "--offline", "-c", "listen_addresses=::1,192.0.2.1")).toEqual([missing]);
    expect(await findings(directory, "--offline", "-c", "listen_addresses=192.0.2.1")).toEqual([
      missing,
      "no-door could not create any TCP/IP sockets",
    ]);
    const unknown = await findings(directory, "-c", `listen_addresses=*,${noSuchHost}`);
    expect(unknown).toEqual([
      expect.stringMatching(/^listen-address could not translate host name "x+\.example"/),
    ]);
  });

  test("socket-path, socket-directory, socket-group", async () => {
    const directory = await makeGate();
    const long = join(directory, "x".repeat(100));
    expect(await findings(directory, "--offline", "-c", `unix_socket_directories=${long}`)).toEqual([
      expect.stringMatching(/^socket-path Unix-domain socket path ".*" is too long \(maximum 107 bytes\)$/),
      "no-door could not create any Unix-domain sockets",
    ]);
    const file = join(directory, "pg_hba.conf");
    expect(await findings(directory, "--offline", "-c", `unix_socket_directories=${file}/s`)).toEqual([
      `socket-directory could not create lock file "GATE/pg_hba.conf/s/.s.PGSQL.${room.port}.lock": Not a directory`,
    ]);
    expect(await findings(directory, "--offline", "-c", "unix_socket_group=no-such-group")).toEqual([
      'socket-group group "no-such-group" does not exist',
      "no-door 3:27 could not create any Unix-domain sockets",
    ]);
  });

  test("no-door: nowhere at all", async () => {
    const nowhere = ["-c", "listen_addresses=", "-c", "unix_socket_directories="];
    expect(await findings(await makeGate(), "--offline", ...nowhere)).toEqual([
      "no-door no socket created for listening",
    ]);
  });

  test("socket-held: by another server", async () => {
    const directory = await makeGate();
    const place = [`unix_socket_directories=${room.server.socketDirectory}`, `port=${room.server.port}`];
    const { stdout } = await check(["-D", directory, "--offline", ...place.flatMap((each) => ["-c", each])]);
    expect(stdout).toContain(
      `error: lock file "${room.server.paths.socket}.lock" already exists [socket-held]\n`,
    );
    expect(stdout).toContain(
      `Is another server (PID ${room.server.pid}) using socket file "${room.server.paths.socket}"?`,
    );
  });
});

describe.skipIf(process.getuid?.() !== 0)("as root, for somebody else", () => {
  test("other-user", async () => {
    const directory = await makeGate();
    await chown(directory, 4321, 4321);
    expect(await findings(directory, "--offline")).toEqual([
      'other-user the check runs as user N, and "GATE" belongs to user N',
    ]);
  });
});
