import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canLinkNetworks, command, startPostgres } from "@sallyport/testkit";
import type { TestPostgres } from "@sallyport/testkit";
import { debianPrograms } from "./clients/libpq.ts";
import { run, setUp, startGate, until } from "./gate.ts";
import type { TestGate } from "./gate.ts";

// A client whose machine goes away says nothing any more, not even that it goes. Nothing but another network can play
// that: a namespace of its own, and a pair of interfaces between here and there, of which the far one is switched off.

let server: TestPostgres;
let network: Network;

beforeAll(async () => {
  if (!canLinkNetworks) return;
  server = await startPostgres();
  await run(server, setUp);
  network = await openNetwork();
});

afterAll(async () => {
  await network?.[Symbol.asyncDispose]();
  await server?.stop();
});

interface Network extends AsyncDisposable {
  /** Of this side. */
  readonly address: string;
  /** Runs a command of the shell in the other network; more may be written to its standard input. */
  readonly there: (line: string) => ChildProcessWithoutNullStreams;
  readonly setLink: (state: "up" | "down") => Promise<void>;
}

async function openNetwork(): Promise<Network> {
  const [near, far] = [`sp${process.pid}a`, `sp${process.pid}b`];
  // Addresses that documents use and nobody has (RFC 5737), four of them for each process.
  const base = 4 * (process.pid % 60);
  const [address, theirs] = [`198.51.100.${base + 1}`, `198.51.100.${base + 2}`];
  // It holds the namespace until its input ends.
  const holder = spawn("unshare", ["-n", "--", "sh", "-c", "echo there; read -r _"], { stdio: "pipe" });
  await Promise.race([once(holder.stdout, "data"), once(holder, "exit")]);
  const pid = String(holder.pid);
  const inside = ["-t", pid, "-n", "--"];
  await must("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", pid);
  await must("ip", "addr", "add", `${address}/30`, "dev", near);
  await must("ip", "link", "set", near, "up");
  await must("nsenter", ...inside, "ip", "addr", "add", `${theirs}/30`, "dev", far);
  await must("nsenter", ...inside, "ip", "link", "set", far, "up");
  return {
    address,
    there: (line) => spawn("nsenter", [...inside, "sh", "-c", line], { stdio: "pipe" }),
    setLink: async (state) => await must("nsenter", ...inside, "ip", "link", "set", far, state),
    [Symbol.asyncDispose]: async () => {
      await must("ip", "link", "delete", near);
      const exited = once(holder, "exit");
      holder.stdin.end();
      await exited;
    },
  };
}

async function must(program: string, ...args: readonly string[]): Promise<void> {
  const { status, stderr } = await command(program, args);
  if (status === 0) return;
  const words = [program, ...args].join(" ");
  throw new Error(`this test needs root, who may make network namespaces: "${words}": ${stderr.trim()}`);
}

/** psql in the other network, with standard input open. */
function psqlThere(gate: TestGate): ChildProcessWithoutNullStreams {
  const psql = `${join(debianPrograms, "psql")} -XwqAt -h ${network.address} -p ${gate.port} -U app shop`;
  return network.there(`PGSSLMODE=disable exec ${psql}`);
}

async function sessions(): Promise<string> {
  return await run(server, ["select count(*) from pg_stat_activity where usename = 'app'"]);
}

/** All that we have sent has been acknowledged (proc(5), net/tcp): until then there are no probes. */
async function isAcknowledged(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const established = new RegExp(String.raw`:${hex} [0-9A-F]{8}:[0-9A-F]{4} 01 0{8}:`);
  return established.test(await readFile("/proc/net/tcp", "latin1"));
}

const endless = "copy (select repeat('x', 1000), generate_series(1, 1000000000)) to stdout;\n";

test.skipIf(!canLinkNetworks).for([
  // Probes after a second of silence, and nobody who answers two of them.
  [
    "noticed by keep-alive, while it is idle",
    "select 'in';\n",
    "tcp_keepalives_idle = 1\ntcp_keepalives_interval = 1\ntcp_keepalives_count = 2\n",
  ],
  // While something waits to be acknowledged there are no probes: it is sent again and again, for a quarter of an hour.
  ["noticed by tcp_user_timeout, in an answer", endless, "tcp_user_timeout = 2s\n"],
] as const)("a client that is gone without a word: %s", async ([, sql, options]) => {
  await network.setLink("up");
  const conf = `listen_addresses = '${network.address}'\nmax_connections = 1
superuser_reserved_connections = 0\npool_mode = off\n${options}`;
  await using gate = await startGate(server, { hba: "host all all all trust\n", conf });
  const client = psqlThere(gate);
  client.stdin.write(sql);
  await once(client.stdout, "data");
  client.stdout.pause();
  expect(await sessions()).toBe("1");
  if (sql !== endless) await until("silence", async () => await isAcknowledged(gate.port));
  await network.setLink("down");
  await gate.logged("disconnection: session time");
  await until("its backend is gone", async () => (await sessions()) === "0");
  expect(gate.gateway.guestBook.visits).toEqual([]);

  // Its slot is free again.
  await network.setLink("up");
  const next = psqlThere(gate);
  next.stdin.end("select 'next';\n");
  const [said] = (await once(next.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("next\n");
  const exited = once(client, "exit");
  client.kill("SIGKILL");
  await exited;
});
