/** What a PostgreSQL with `cert` in its rules says of a certificate. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { connect as secure } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import { startPostgres } from "@sallyport/testkit";
import type { Build, Major, NameSigner, TestPostgres } from "@sallyport/testkit";
import { encodeSslRequest, encodeStartupPacket } from "../src/index.ts";

/** Byte strings; null: the log has no such line. */
export interface Said {
  readonly identity: string | null;
  /** The common name. */
  readonly name: string | null;
  /** Why nobody was let in before any name was compared. */
  readonly message: string | null;
  /** The certificate that failed, `subject "...", ...`. */
  readonly failed: string | null;
}

const hba = "local all postgres trust\nhostssl all all 127.0.0.0/8 cert\n";

/** A server that trusts one authority. */
export async function certServer(major: Major, build: Build, trusted: NameSigner): Promise<TestPostgres> {
  const settings = { log_line_prefix: "%r|", log_connections: "on", ssl_ca_file: "ca.crt" };
  return await startPostgres({
    major,
    build,
    tcp: true,
    ssl: true,
    hba,
    settings,
    files: { "ca.crt": trusted.authority },
  });
}

/** Shows certificates, some at a time, and returns what the log says of each. */
export async function show(
  server: TestPostgres,
  certificates: readonly { readonly cert: string; readonly key: string }[],
): Promise<readonly Said[]> {
  const left = certificates.entries();
  const worker = async (): Promise<void> => {
    for (const [n, { cert, key }] of left) await visit(server.port, addressOf(n), cert, key);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  // A backend logs before it closes, but for the one that a failed handshake ends.
  await delay(200);
  const logged = new Map<string, string>();
  for (const entry of (await readFile(server.paths.log, "latin1")).split(/\n(?!\t)/)) {
    const [, address = "", rest = ""] = /^([\d.]+)\(\d+\)\|(.*)$/s.exec(entry) ?? [];
    logged.set(address, `${logged.get(address) ?? ""}${rest.replaceAll("\n\t", "\n")}\n`);
  }
  return certificates.map((_, n) => saidIn(logged.get(addressOf(n)) ?? ""));
}

/** Each comes from an address of its own, by which the log knows it again. */
function addressOf(n: number): string {
  return `127.${1 + (n >> 16)}.${(n >> 8) & 0xff}.${n & 0xff}`;
}

function saidIn(text: string): Said {
  const find = (pattern: RegExp): string | null => pattern.exec(text)?.[1] ?? null;
  return {
    identity: find(/connection authenticated: identity="(.*)" method=cert \(/s),
    name: find(/provided user name \(nobody\) and authenticated user name \((.*)\) do not match/s),
    message: find(/(client certificate contains no user name|SSL certificate's .*|could not get NID.*)/),
    failed: find(/Failed certificate data \(unverified\): (.*)\.(?:\n|$)/),
  };
}

async function visit(port: number, localAddress: string, cert: string, key: string): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  await once(socket, "connect");
  socket.write(encodeSslRequest());
  await once(socket, "data");
  const tls = secure({ socket, cert, key, rejectUnauthorized: false });
  const closed = new Promise((resolve) => tls.once("close", resolve));
  tls.on("error", () => undefined);
  tls.resume();
  tls.write(encodeStartupPacket(Object.entries({ user: "nobody", database: "postgres" })));
  await closed;
}
