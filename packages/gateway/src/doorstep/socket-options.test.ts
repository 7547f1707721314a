import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadOs, tcpOption } from "@sallyport/methods/os";
import { command } from "@sallyport/testkit";
import { descriptorOf } from "./descriptor.ts";
import { setSocketOptions } from "./socket-options.ts";
import type { SocketOptionSettings } from "./socket-options.ts";

const options = ["TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"] as const;
const leftToTheSystem: SocketOptionSettings = {
  tcp_keepalives_idle: 0,
  tcp_keepalives_interval: 0,
  tcp_keepalives_count: 0,
  tcp_user_timeout: 0,
};

let client: Socket;
/** Our end of the client's connection. */
let socket: Socket;
let log: string[];

beforeAll(async () => {
  await loadOs();
});

beforeEach(async () => {
  log = [];
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  [socket] = (await once(server, "connection")) as [Socket];
  server.close();
});

afterEach(() => {
  client.destroy();
  socket.destroy();
});

function set(settings: Partial<SocketOptionSettings>): void {
  const note = (severity: string, message: string): void => void log.push(`${severity}:  ${message}`);
  setSocketOptions(socket, { ...leftToTheSystem, ...settings }, { log: note });
}

function read(): readonly (number | null)[] {
  return options.map((option) => tcpOption(descriptorOf(socket) ?? -1, option));
}

/** The kind of timer that the kernel runs for our end, in the sixth column of its table; `02`: keep-alive. */
async function timer(): Promise<string | undefined> {
  const ports = [socket.localPort, socket.remotePort].map((port = 0) => port.toString(16).toUpperCase());
  const [here, there] = ports.map((port) => `0100007F:${port.padStart(4, "0")}`);
  const rows = (await readFile("/proc/net/tcp", "latin1")).split("\n").map((row) => row.trim().split(/\s+/));
  return rows.find((row) => row[1] === here && row[2] === there)?.[5]?.slice(0, 2);
}

describe("a client's connection", () => {
  test("is watched by keep-alive, whose times are the system's unless they are set", async () => {
    const before = read();
    expect(await timer()).toBe("00");
    set({});
    expect(await timer()).toBe("02");
    expect(read()).toEqual(before);
  });

  test("gets each option that is set, and no other", () => {
    const [, interval, count] = read();
    set({ tcp_keepalives_idle: 7 });
    expect(read()).toEqual([7, interval, count, 0]);
    set({ tcp_keepalives_interval: 3, tcp_keepalives_count: 4, tcp_user_timeout: 12_345 });
    expect(read()).toEqual([7, 3, 4, 12_345]);
    expect(log).toEqual([]);
  });

  test("keeps what the system has where it refuses a value, as in PostgreSQL", () => {
    const [idle, interval, count] = read();
    set({
      tcp_keepalives_idle: 40_000,
      tcp_keepalives_interval: 40_000,
      tcp_keepalives_count: 300,
      tcp_user_timeout: 5000,
    });
    expect(read()).toEqual([idle, interval, count, 5000]);
    expect(log).toEqual([
      "LOG:  setsockopt(TCP_KEEPIDLE) failed: Invalid argument",
      "LOG:  setsockopt(TCP_KEEPINTVL) failed: Invalid argument",
      "LOG:  setsockopt(TCP_KEEPCNT) failed: Invalid argument",
    ]);
  });

  test("that is closed already is left alone", () => {
    socket.destroy();
    set({ tcp_keepalives_idle: 7 });
    expect(log).toEqual([]);
  });
});

describe("where koffi is not installed", { timeout: 30_000 }, () => {
  /** Asks in a process of its own, in which koffi cannot be found. */
  async function check(settings: Partial<SocketOptionSettings>): Promise<string> {
    const hideKoffi = `import { registerHooks } from "node:module";
      registerHooks({ resolve(name, context, next) { return next(name === "koffi" ? "no-koffi" : name, context); } });`;
    const ask = `import { checkSocketOptions } from ${JSON.stringify(new URL("socket-options.ts", import.meta.url).href)};
      const settings = ${JSON.stringify({ ...leftToTheSystem, ...settings })};
      await checkSocketOptions(settings).then(() => console.log("fine"), (error) => console.log(error.message));`;
    const hooks = `data:text/javascript,${encodeURIComponent(hideKoffi)}`;
    const flags = ["--conditions=sallyport-source", "--import", hooks, "--input-type=module", "-e", ask];
    const { stdout, stderr } = await command(process.execPath, flags);
    expect(stderr).toBe("");
    return stdout.trimEnd();
  }

  test("the times of the system are fine", async () => {
    expect(await check({})).toBe("fine");
  });

  test("others are refused at the start", async () => {
    expect(await check({ tcp_user_timeout: 5000 })).toContain(
      '"tcp_user_timeout" must be 0 here: koffi cannot be used: Error',
    );
  });
});
