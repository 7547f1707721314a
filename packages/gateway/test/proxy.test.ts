/** Proxies before the gateway that say by the PROXY protocol whose connection it is. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { selfSigned, startHaproxy, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import {
  decodeBackendKeyData,
  encodeCancelRequest,
  encodeQuery,
  encodeSslRequest,
  encodeStartupPacket,
  MessageReader,
} from "@sallyport/wire";
import type { BackendKey, Message } from "@sallyport/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, setUp, startGate, until } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { proxyBlock, proxyBlockOf, proxyLine } from "./proxy-header.ts";
import { errorIn, knock } from "./raw-client.ts";
import type { Target } from "./raw-client.ts";

const startup = encodeStartupPacket([
  ["user", "app"],
  ["database", "shop"],
]);

/** Its clients come from 203.0.113.0/24 and 2001:db8::/32; whoever was taken for the proxy itself would be `nobody`. */
const hba = `local all all trust
host all app 203.0.113.0/24 trust
host all app 2001:db8::/32 trust
host all app 198.51.100.7/32 reject
host all nobody 127.0.0.2/32 trust
`;
const proxy = "127.0.0.2";
const conf = `proxy_protocol_from = '${proxy}, 2001:db8:ffff::/48'`;

let server: TestPostgres;
let gate: TestGate;
/** By way of the proxy, and past it. */
let byProxy: Target;

beforeAll(async () => {
  server = await startPostgres();
  await run(server, [...setUp, "create role nobody login"]);
  gate = await startGate(server, { hba, conf, linePrefix: "%r|%h|%e|" });
  byProxy = from(proxy, gate);
});

afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  await server?.stop();
});

function from(localAddress: string, { port }: TestGate): Target {
  return { host: "127.0.0.1", port, localAddress };
}

/** `in`, `closed` without an error, or the words of the error. */
async function outcome(target: Target, ...pieces: readonly Buffer[]): Promise<string> {
  const { socket, messages } = await enter(target, ...pieces);
  socket.destroy();
  const error = messages.find(({ type }) => type === "E");
  if (error !== undefined) return errorIn(Buffer.concat([Buffer.from("E0000"), error.body])).join(" ");
  return messages.at(-1)?.type === "Z" ? "in" : "closed";
}

/** Sends each piece by itself. */
async function enter(
  target: Target,
  ...pieces: readonly Buffer[]
): Promise<{
  readonly socket: Socket;
  readonly messages: readonly Message[];
  readonly reader: MessageReader;
}> {
  const socket = connect(target).setNoDelay(true);
  const reader = new MessageReader(socket);
  await once(socket, "connect");
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise(setImmediate);
  }
  const messages: Message[] = [];
  while (messages.at(-1)?.type !== "Z") {
    const message = await reader.readMessage(1_000_000, AbortSignal.timeout(20_000)).catch(() => null);
    if (message === null) break;
    messages.push(message);
  }
  return { socket, messages, reader };
}

const lines = (log: string, port: number): readonly string[] =>
  log
    .split("\n")
    .filter((line) => line.includes(`(${port})|`) || line.includes(`port=${port}`))
    .map((line) => line.slice(line.indexOf("(")));

describe("a client that a listed proxy brings is who the header says", () => {
  test.for([
    ["version 1", proxyLine("203.0.113.9", 50_001)],
    ["version 2", proxyBlockOf("203.0.113.9", 50_002)],
    ["version 1, IPv6", proxyLine("2001:db8::9", 50_003)],
    ["version 1, IPv4 in IPv6", proxyLine("::ffff:203.0.113.9", 50_004)],
  ] as const)("%s: the rules see it", async ([, header]) => {
    expect(await outcome(byProxy, Buffer.concat([header, startup]))).toBe("in");
  });

  test("a rule that refuses sees it, too", async () => {
    const words =
      '28000 pg_hba.conf rejects connection for host "198.51.100.7", user "app", database "shop", no encryption';
    expect(await outcome(byProxy, proxyLine("198.51.100.7"), startup)).toBe(words);
  });

  test("the proxy's own address is no way in", async () => {
    const other = encodeStartupPacket(Object.entries({ user: "nobody", database: "shop" }));
    expect(await outcome(byProxy, proxyLine("203.0.113.9"), other)).toContain(
      'no pg_hba.conf entry for host "203.0.113.9", user "nobody"',
    );
    expect(await outcome(byProxy, proxyLine("127.0.0.1"), other)).toContain(
      'no pg_hba.conf entry for host "127.0.0.1", user "nobody"',
    );
  });

  test("the log shows it from its first line on, and the proxy in that one", async () => {
    await outcome(byProxy, proxyBlockOf("203.0.113.77", 50_077), startup);
    await gate.logged("disconnection: session time: ");
    await until("it is over", () => lines(gate.log(), 50_077).some((line) => line.includes("disconnection")));
    const [received, authenticated] = lines(gate.log(), 50_077);
    expect(received).toMatch(
      /^\(50077\)\|203\.0\.113\.77\|00000\|LOG: {2}connection received: host=203\.0\.113\.77 port=50077 proxy=127\.0\.0\.2\(\d+\)$/,
    );
    expect(authenticated).toContain("203.0.113.77|00000|LOG:  connection authenticated");
    expect(lines(gate.log(), 50_077).at(-1)).toMatch(/host=203\.0\.113\.77 port=50077$/);
  });

  test("with log_hostname it is its name that is looked up", async () => {
    const named = `${conf}\nlog_hostname = on`;
    await using other = await startGate(server, { hba, conf: named, linePrefix: "%r|%h|%e|" });
    await outcome(from(proxy, other), proxyLine("127.0.0.1", 50_078), startup);
    expect(lines(other.log(), 50_078)[0]).toMatch(
      /\|localhost\|00000\|LOG: {2}connection received: host=localhost port=50078 proxy=127\.0\.0\.2\(\d+\)$/,
    );
  });

  test("the header may come in pieces, and with what the client says", async () => {
    const whole = Buffer.concat([proxyBlockOf("203.0.113.9"), startup]);
    const bytes = Array.from(whole, (_, n) => whole.subarray(n, n + 1));
    expect(await outcome(byProxy, ...bytes)).toBe("in");
    const line = Buffer.concat([proxyLine("203.0.113.9"), startup]);
    expect(await outcome(byProxy, line.subarray(0, 20), line.subarray(20))).toBe("in");
  });

  test("what is stuffed behind an SSLRequest is refused behind a header, too", async () => {
    const answer = await knock(byProxy, proxyLine("203.0.113.9"), encodeSslRequest(), startup);
    expect(answer.toString("latin1", 0, 1)).toBe("N");
    expect(errorIn(answer.subarray(1))).toContain("received unencrypted data after SSL request");
  });
});

describe("PROXY headers count from listed peers only, and no header means nobody", () => {
  test.for([
    ["none", startup, "no PROXY protocol header"],
    ["none, of TLS", Buffer.from("1603010052", "hex"), "no PROXY protocol header"],
    ["that of HTTP", Buffer.from("X-Forwarded-For: 203.0.113.9\r\n\r\n"), "no PROXY protocol header"],
    [
      "a malformed one",
      Buffer.from("PROXY TCP4 203.0.113.9\r\n"),
      "a line that is not two addresses and two ports",
    ],
    [
      "one without an address",
      Buffer.concat([Buffer.from("PROXY UNKNOWN\r\n"), startup]),
      "it does not say the client's address",
    ],
    [
      "one of a Unix socket",
      Buffer.concat([proxyBlock("PROXY", 0x31, Buffer.alloc(216)), startup]),
      "it does not say the client's address",
    ],
    [
      "one of no family",
      Buffer.concat([proxyBlock("PROXY", 0), startup]),
      "it does not say the client's address",
    ],
  ] as const)("%s: closed without a word", async ([, bytes, reason]) => {
    await using strict = await startGate(server, { hba: "host all all all trust\n", conf });
    expect(await knock(from(proxy, strict), bytes)).toEqual(Buffer.of());
    expect(strict.log()).toContain(`08P01 LOG:  could not accept connection from a proxy: ${reason}\n`);
    expect(strict.log()).toContain("connection received: host=127.0.0.2");
    expect(strict.log()).not.toContain("authorized");
  });

  test("a header that ends in the middle is malformed; nothing at all is nothing", async () => {
    for (const header of [
      proxyLine("203.0.113.9").subarray(0, 9),
      proxyBlockOf("203.0.113.9").subarray(0, 20),
      Buffer.of(),
    ]) {
      const socket = connect(byProxy).resume();
      socket.end(header);
      await once(socket, "close");
    }
    const said = gate.log().match(/could not accept connection from a proxy: .*/g);
    expect(said).toEqual(
      Array(2).fill("could not accept connection from a proxy: a header that is cut short"),
    );
  });

  test("a proxy that comes by itself stays who it is", async () => {
    const self = encodeStartupPacket(Object.entries({ user: "nobody", database: "shop" }));
    const local = proxyBlock("LOCAL", 0);
    expect(await outcome(byProxy, local, self)).toBe("in");
    expect(await outcome(byProxy, local, startup)).toContain('no pg_hba.conf entry for host "127.0.0.2"');
  });

  test.for([
    ["version 1", proxyLine("203.0.113.9")],
    ["version 2", proxyBlockOf("203.0.113.9")],
  ] as const)("from elsewhere a header is what any other bytes are: %s", async ([, header]) => {
    await using plain = await startGate(server, { hba: "host all all 203.0.113.0/24 trust\n" });
    const [listed, unlisted] = [
      await outcome(gate.tcp, header, startup),
      await outcome(plain.tcp, header, startup),
    ];
    expect(listed).toBe("closed");
    expect(unlisted).toBe("closed");
    const invalid = "LOG:  invalid length of startup packet\n";
    expect([gate.log().includes(invalid), plain.log().includes(invalid)]).toEqual([true, true]);
    expect(await outcome(gate.tcp, startup)).toContain('no pg_hba.conf entry for host "127.0.0.1"');
  });

  test("by a Unix socket no header is looked at, whatever is listed", async () => {
    await using open = await startGate(server, { hba, conf: "proxy_protocol_from = '0.0.0.0/0, ::/0'" });
    expect(await outcome(open.unix, startup)).toBe("in");
    expect(await outcome(open.unix, proxyLine("203.0.113.9"), startup)).toBe("closed");
    expect(await outcome(open.tcp, startup)).toBe("closed");
    expect(await outcome({ host: "::1", port: open.port }, proxyLine("203.0.113.9"), startup)).toBe("in");
  });
});

describe("limits count the client, not its proxy", () => {
  test("strangers of one client wait for each other, and not for those of another", async () => {
    // Two turns, one for each source.
    await using small = await startGate(server, {
      hba,
      conf: `${conf}\nmax_connections = 4\nsuperuser_reserved_connections = 0`,
    });
    const target = from(proxy, small);
    const stalled = connect(target);
    stalled.write(proxyLine("203.0.113.1"));
    await small.logged("host=203.0.113.1 ");
    expect(await outcome(target, proxyLine("203.0.113.2"), startup)).toBe("in");
    const waiting = enter(target, proxyLine("203.0.113.1", 50_009), startup);
    await small.logged("host=203.0.113.1 port=50009");
    expect(await outcome(target, proxyLine("203.0.113.2"), startup)).toBe("in");
    expect(small.log()).not.toContain("203.0.113.1 port=50009 user");
    stalled.destroy();
    const { socket, messages } = await waiting;
    socket.destroy();
    expect(messages.at(-1)?.type).toBe("Z");
  });

  test("who guesses cancel keys spoils it for nobody else behind the proxy", async () => {
    const { socket, messages, reader } = await enter(byProxy, proxyLine("203.0.113.20"), startup);
    const key = keyIn(messages);
    const wrong = { ...key, secretKey: Buffer.from("oops") };
    const cancel = async (source: string, by: BackendKey): Promise<Buffer> =>
      await knock(byProxy, proxyLine(source), encodeCancelRequest(by));
    // All at once: a few more are allowed with every second.
    await Promise.all(Array.from({ length: 100 }, async () => await cancel("203.0.113.21", wrong)));
    socket.write(encodeQuery("select pg_sleep(60)"));
    const asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    await until("it sleeps", async () => (await run(server, [asleep])) === "1");
    await cancel("203.0.113.21", key);
    await cancel("203.0.113.22", key);
    const error = await reader.readMessage(1_000_000, AbortSignal.timeout(20_000));
    const rest =
      error.type === "T" ? await reader.readMessage(1_000_000, AbortSignal.timeout(20_000)) : error;
    socket.destroy();
    expect(rest.body.toString("latin1")).toContain("canceling statement due to user request");
    expect(gate.log()).toContain("too many wrong cancel requests");
  });

  function keyIn(messages: readonly Message[]): BackendKey {
    const found = messages.find(({ type }) => type === "K");
    if (found === undefined) throw new Error("there was no key");
    return decodeBackendKeyData(found.body);
  }
});

test.for([
  ["before the header", Buffer.of()],
  ["within the header", proxyBlockOf("203.0.113.9").subarray(0, 10)],
  ["behind the header", proxyLine("203.0.113.9")],
] as const)("whoever stalls %s is under the time limit of the way in", async ([, bytes]) => {
  await using gate = await startGate(server, { hba, conf: `${conf}\nauthentication_timeout = 1s` });
  const started = performance.now();
  expect(await knock(from(proxy, gate), bytes)).toEqual(Buffer.of());
  expect(performance.now() - started).toBeGreaterThan(900);
  expect(performance.now() - started).toBeLessThan(5000);
});

test("a reload changes who is a proxy, for the connections that come then", async () => {
  await using gate = await startGate(server, { hba, conf });
  const target = from(proxy, gate);
  expect(await outcome(target, proxyLine("203.0.113.9"), startup)).toBe("in");
  gate.gateway.apply({ ...gate.settings, proxy_protocol_from: [] });
  expect(await outcome(target, proxyLine("203.0.113.9"), startup)).toBe("closed");
  expect(await outcome(target, startup)).toContain('no pg_hba.conf entry for host "127.0.0.2"');
});

describe.for(["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"])(
  "behind HAProxy with %s",
  (sending) => {
    test.for(["127.0.0.1", "::1"])("psql of %s, with and without TLS", async (host) => {
      await using room = await tempDirectory();
      const { cert, key } = await selfSigned();
      for (const [name, contents] of Object.entries({ cert, key }))
        await writeFile(join(room.path, name), contents, { mode: 0o600 });
      const tls = `ssl = on\nssl_cert_file = '${room.path}/cert'\nssl_key_file = '${room.path}/key'`;
      const rules =
        "hostssl all app 127.0.0.1/32 trust\nhostssl all app ::1/128 trust\nhost all app all reject\n";
      await using gate = await startGate(server, { hba: rules, conf: `${conf}\n${tls}` });
      await using haproxy = await startHaproxy(gate.port, `${sending} source ${proxy}`);
      const env = { PGHOST: host, PGPORT: String(haproxy.port) };
      const args = ["-c", "select current_user"];
      const encrypted = await gate.psql("app", args, { env: { ...env, PGSSLMODE: "require" } });
      expect(encrypted).toMatchObject({ stderr: "", stdout: "app\n" });
      const clear = await gate.psql("app", args, { env: { ...env, PGSSLMODE: "disable" } });
      expect(clear.stderr).toContain(`pg_hba.conf rejects connection for host "${host}", user "app"`);
    });
  },
);
