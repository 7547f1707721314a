import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, psql } from "@sallyport/testkit";
import type { PostgresTls, TestPostgres } from "@sallyport/testkit";
import { startChild } from "./child.ts";
import type { Child } from "./child.ts";
import { app, database, guest } from "./world.ts";
import type { AppSecret } from "./world.ts";

const program = "/usr/sbin/pgbouncer";

export interface PgbouncerMaking {
  /** Is made. */
  readonly directory: string;
  readonly upstream: TestPostgres;
  /** It skips what it does not know, such as groups: some fewer rules than others have. */
  readonly hba: string;
  readonly secret: AppSecret;
  readonly tls: PostgresTls;
}

export interface PgbouncerProcess extends Child {
  readonly hba: string;
  readonly port: number;
}

/** Starts PgBouncer with session pooling and a log file, as the user of the server, which may use its Unix socket. */
export async function startPgbouncer(making: PgbouncerMaking): Promise<PgbouncerProcess> {
  const { directory, upstream, hba, secret, tls } = making;
  const { runsAs } = upstream;
  if (runsAs.kind === "namespace") throw new Error("the benchmarks need a /tmp that others may use");
  const owner = runsAs.kind === "user" ? { uid: runsAs.uid, gid: runsAs.gid } : undefined;
  const port = await freePort(["127.0.0.1"]);
  const own = async (path: string): Promise<void> => {
    if (owner) await chown(path, owner.uid, owner.gid);
  };
  await mkdir(directory, { mode: 0o700 });
  await own(directory);
  const files = {
    "pgbouncer.ini": settingsText(making, port),
    "hba.conf": hba,
    "users.txt": `"${guest}" ""\n"${app}" "${secret.stored}"\n`,
    "server.crt": tls.chain,
    "server.key": tls.key,
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(directory, name), text, { mode: 0o600 });
    await own(join(directory, name));
  }
  const child = await startChild({
    program,
    args: [join(directory, "pgbouncer.ini")],
    // What it says before it has a log file of its own.
    logFile: join(directory, "output"),
    port,
    endSignal: "SIGTERM",
    ...owner,
  });
  return { ...child, hba: join(directory, "hba.conf"), port };
}

function settingsText({ directory, upstream }: PgbouncerMaking, port: number): string {
  return `[databases]
${database} = host=${upstream.socketDirectory} port=${upstream.port} dbname=${database}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = hba
auth_hba_file = ${join(directory, "hba.conf")}
auth_file = ${join(directory, "users.txt")}
client_tls_sslmode = allow
client_tls_cert_file = ${join(directory, "server.crt")}
client_tls_key_file = ${join(directory, "server.key")}
pool_mode = session
server_reset_query = DISCARD ALL
default_pool_size = 100
max_client_conn = 11000
admin_users = ${guest}
log_connections = 1
log_disconnections = 1
logfile = ${join(directory, "log")}
`;
}

/** Makes it read its files again, and waits until it has. */
export async function reloadPgbouncer({ port }: PgbouncerProcess): Promise<void> {
  const args = ["-h", "127.0.0.1", "-p", String(port), "-U", guest, "-d", "pgbouncer", "-c", "reload"];
  const { status, stderr } = await psql(args, { env: { PGSSLMODE: "disable" }, timeoutMs: 180_000 });
  if (status !== 0) throw new Error(`PgBouncer did not reload: ${stderr}`);
}
