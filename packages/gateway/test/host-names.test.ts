import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeStartupPacket } from "@sallyport/wire";
import { clients, silentClient, startNameServer } from "./host-names/name-server.ts";
import type { NameServer } from "./host-names/name-server.ts";
import { startTwins } from "./host-names/twins.ts";
import type { TwinOptions, Twins } from "./host-names/twins.ts";
import { canMount, psql } from "@sallyport/testkit";
import { heardIn, repliesTo } from "./raw-client.ts";
import type { Target } from "./raw-client.ts";

let names: NameServer;

beforeAll(async () => {
  if (canMount) names = await startNameServer();
});

afterAll(async () => {
  await names?.[Symbol.asyncDispose]();
});

const twinNames = ["postgres", "gate"] as const;

/** The door of one of the twins, for a client at this address. */
function door({ ports }: Twins, which: (typeof twinNames)[number], localAddress: string): Target {
  const host = localAddress === "::1" ? "::1" : "127.0.0.1";
  return { host, port: ports[which], localAddress };
}

/** Whether `app` gets in, or in which words it does not; from one address. */
async function outcome(target: Target, user = "app"): Promise<string> {
  const heard = heardIn(await repliesTo(target, { user }));
  return heard.find(([kind]) => kind === "E")?.join(" ") ?? heard.at(-1)?.join(" ") ?? "closed";
}

/**
 * The lines about TCP clients, client by client, without what one server alone can know: places, ports, times, the
 * upstream.
 */
function comparable(log: string): readonly string[] {
  return log
    .split("\n")
    .filter((line) => /^\S+ (?!\[local\])\S+ \S+ \| /.test(line) && !line.includes("connection ready"))
    .map((line) =>
      line
        .replace(/\([^ ()]*\/pg_hba\.conf:(\d+)\)/, "(line $1)")
        .replace(/\(\d+\)/, "(PORT)")
        .replace(/port=\d+/, "port=PORT")
        .replace(/session time: [\d:.]+/, "session time")
        .replace(/ upstream=.*/, ""),
    )
    .toSorted(
      (one, other) => Number(clientOf(one) > clientOf(other)) || -Number(clientOf(one) < clientOf(other)),
    );
}

/** The `%h` of a line. */
function clientOf(line: string): string {
  return line.split(" ", 2).at(1) ?? "";
}

/** What each client hears of both, and what both log; the two must be the same. */
async function compare(
  options: TwinOptions,
  addresses: Readonly<Record<string, string>>,
): Promise<{ readonly heard: Readonly<Record<string, string>>; readonly log: readonly string[] }> {
  await using twins = await startTwins(names, options);
  const heard: Record<string, string> = {};
  for (const [name, address] of Object.entries(addresses)) {
    const [postgres, gate] = [
      await outcome(door(twins, "postgres", address)),
      await outcome(door(twins, "gate", address)),
    ];
    expect(`${name}: ${gate}`).toBe(`${name}: ${postgres}`);
    heard[name] = gate;
  }
  const logs = await twins.logs();
  const log = comparable(logs.gate);
  expect(log).toEqual(comparable(logs.postgres));
  return { heard, log };
}

/** The last two are in /etc/hosts. */
const everyClient = { ...clients, inHosts: "127.11.0.1", six: "::1" };

describe.skipIf(!canMount)("a rule with a host name", () => {
  test("admits and refuses whom PostgreSQL does by it, with the same words in the log", async () => {
    const hba = "local all all trust\nhost shop app DB.example.com trust\nhost shop app .example.com trust\n";
    const { heard, log } = await compare({ hba }, everyClient);
    expect(heard).toEqual({
      match: "Z",
      nested: "Z",
      bare: expect.stringContaining('no pg_hba.conf entry for host "127.10.0.3", user "app"'),
      ghost: expect.stringContaining("no pg_hba.conf entry"),
      other: expect.stringContaining("no pg_hba.conf entry"),
      elsewhere: expect.stringContaining("no pg_hba.conf entry"),
      numeric: expect.stringContaining("no pg_hba.conf entry"),
      many: "Z",
      stray: expect.stringContaining("no pg_hba.conf entry"),
      two: "Z",
      none: expect.stringContaining("no pg_hba.conf entry"),
      servfail: expect.stringContaining("no pg_hba.conf entry"),
      inHosts: "Z",
      six: "Z",
    });
    const of = (address: string): readonly string[] =>
      log.filter((line) => line.includes(` ${address} `)).map((line) => line.replace(/^.* \| /, ""));
    expect(of(clients.match)).toContain('LOG:  connection authenticated: user="app" method=trust (line 2)');
    expect(of(clients.nested)).toContain('LOG:  connection authenticated: user="app" method=trust (line 3)');
    expect(of(clients.bare)).toContain(
      'DETAIL:  Client IP address resolved to "example.com", forward lookup not checked.',
    );
    expect(of(clients.ghost)).toContain(
      'DETAIL:  Could not translate client host name "ghost.example.com" to IP address: Name or service not known.',
    );
    expect(of(clients.other)).toContain(
      'DETAIL:  Client IP address resolved to "other.example.com", forward lookup does not match.',
    );
    expect(of(clients.none)).toContain(
      "DETAIL:  Could not resolve client IP address to a host name: Name or service not known.",
    );
    expect(of(clients.servfail)).toContain(
      "DETAIL:  Could not resolve client IP address to a host name: Temporary failure in name resolution.",
    );
  });

  test("is passed over by whom the resolver fails, so a refusal by name keeps out nobody without one", async () => {
    const hba =
      "host all all .example.com reject\nhost all all .broken.test reject\nhost all all all trust\n";
    const { heard } = await compare({ hba: `local all all trust\n${hba}` }, everyClient);
    expect(heard).toMatchObject({
      match: expect.stringContaining("pg_hba.conf rejects connection"),
      other: "Z",
      stray: "Z",
      servfail: "Z",
    });
  });

  test("for another database is looked up for the log of a refusal", async () => {
    const hba = "local all all trust\nhost other app .example.com trust\nhost all other .broken.test trust\n";
    const { log } = await compare({ hba }, everyClient);
    expect(log.join("\n")).toContain(
      'DETAIL:  Client IP address resolved to "db.example.com", forward lookup matches.',
    );
    expect(log.join("\n")).toContain(
      'DETAIL:  Could not translate client host name "stray.broken.test" to IP address: Temporary failure in name resolution.',
    );
  });
});

describe.skipIf(!canMount)("log_hostname", () => {
  const hba = "local all all trust\nhost shop app .example.com trust\n";

  test("shows names wherever PostgreSQL does, and addresses in refusals", async () => {
    // Of two names either may be shown.
    const { servfail: _, two: __, ...others } = everyClient;
    const { log } = await compare({ hba, settings: { log_hostname: "on" } }, others);
    expect(log).toContain(
      "00000 db.example.com db.example.com(PORT) | LOG:  connection received: host=db.example.com port=PORT",
    );
    expect(log).toContain(
      "00000 db.example.com db.example.com(PORT) | LOG:  disconnection: session time user=app database=shop host=db.example.com port=PORT",
    );
    expect(log).toContain(
      '28000 other.example.com other.example.com(PORT) | FATAL:  no pg_hba.conf entry for host "127.10.0.5", user "app", database "shop", no encryption',
    );
    expect(log).toContain(
      "00000 127.10.0.99 127.10.0.99(PORT) | LOG:  connection received: host=127.10.0.99 port=PORT",
    );
  });

  test("keeps the address of a client whose name cannot be looked up, where PostgreSQL writes ???", async () => {
    await using twins = await startTwins(names, { hba, settings: { log_hostname: "on" } });
    for (const which of twinNames) await outcome(door(twins, which, clients.servfail));
    const logs = await twins.logs();
    const warning = "WARNING:  pg_getnameinfo_all() failed: Temporary failure in name resolution";
    expect(logs.postgres).toContain(warning);
    expect(logs.postgres).toContain("connection received: host=??? port=???");
    expect(comparable(logs.gate).slice(0, 2)).toEqual([
      `01000 127.67.0.1 127.67.0.1(PORT) | ${warning}`,
      "00000 127.67.0.1 127.67.0.1(PORT) | LOG:  connection received: host=127.67.0.1 port=PORT",
    ]);
  });
});

/** Connects, says who it wants to be, and returns all that comes until the other side closes. */
async function waitFor(target: Target): Promise<string> {
  const socket = connect(target);
  const closed = once(socket, "close");
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString("latin1");
  });
  socket.write(
    encodeStartupPacket([
      ["user", "app"],
      ["database", "shop"],
    ]),
  );
  await closed;
  return heard;
}

describe.skipIf(!canMount)("a name server that is silent", () => {
  const hba = `local all all trust
host all all 127.0.0.1/32 trust
host all app ::1/128 password
host all app 127.20.0.0/16 scram-sha-256
host all app .example.com trust
`;

  test("keeps nobody waiting who needs no name, though the upstream is called by one", async () => {
    await using server = await startNameServer();
    await using twins = await startTwins(server, { hba, upstreamHost: "localhost" });
    const waiting = [1, 2, 3, 4, 5, 6].map(
      async (host) => await waitFor(door(twins, "gate", silentClient(host))),
    );
    await server.asked(1);
    const byPassword = async (): Promise<string> => {
      const { gate: port } = twins.ports;
      const env = { PGHOST: "::1", PGPORT: String(port), PGUSER: "app", PGPASSWORD: "app-secret" };
      return (await psql(["-d", "shop", "-Atc", "select 'in'"], { env })).stdout.trim();
    };
    const others = await Promise.all([
      outcome(door(twins, "gate", "127.20.0.1")),
      outcome(door(twins, "gate", "127.20.0.2")),
      outcome({ path: twins.ports.gateSocket }),
      byPassword(),
      byPassword(),
      byPassword(),
      byPassword(),
    ]);
    expect(others).toEqual(["Z", "Z", "Z", "in", "in", "in", "in"]);
    // It reads files, too.
    const { gate } = await twins.logs();
    expect(gate).not.toContain("no pg_hba.conf entry");
    server.endSilence();
    for (const heard of await Promise.all(waiting)) {
      expect(heard).toContain('no pg_hba.conf entry for host "127.66.0.');
    }
    expect((await twins.logs()).gate.split("Temporary failure in name resolution").length - 1).toBe(6);
  });

  test("costs a login its time: then it is closed without a word, as by PostgreSQL", async () => {
    await using server = await startNameServer();
    await using twins = await startTwins(server, {
      hba: "local all all trust\nhost all app .example.com trust\n",
      settings: { authentication_timeout: "3s" },
      patience: 5,
    });
    const address = silentClient(7);
    const ends = twinNames.map(async (which) => await waitFor(door(twins, which, address)));
    expect(await Promise.all(ends)).toEqual(["", ""]);
    const logs = await twins.logs();
    expect(comparable(logs.gate)).toEqual(comparable(logs.postgres));
    expect(comparable(logs.gate).at(-1)).toBe(
      `57014 ${address} ${address}(PORT) | FATAL:  canceling authentication due to timeout`,
    );
  });
});
