import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { askControl } from "@sallyport/gateway";
import { command, freePort, tempDirectory } from "@sallyport/testkit";
import type { PostgresTls, TestPostgres } from "@sallyport/testkit";
import { startChild } from "./child.ts";
import type { Child } from "./child.ts";
import { catalogRole } from "./postgresql.ts";
import { database } from "./world.ts";

/** What `sallyport.conf` says of pooling, with it and without. */
const pooling: Readonly<Record<string, string>> = { pool_mode: "session", lazy_upstream: "on" };
const noPooling: Readonly<Record<string, string>> = { pool_mode: "off" };

export interface GatewayMaking {
  /** Is made. */
  readonly directory: string;
  readonly upstream: TestPostgres;
  readonly hba: string;
  readonly tls: PostgresTls;
  readonly pooled: boolean;
}

export interface GatewayProcess extends Child {
  readonly directory: string;
  readonly hba: string;
  readonly port: number;
}

const program = fileURLToPath(new URL("../../packages/sallyport/bin/sallyport.js", import.meta.url));
const condition = "--conditions=sallyport-source";

/** The command line of this checkout, with what deploy/ gives to Node. */
const commandLine: readonly string[] = ["--max-semi-space-size=16", condition, program];

/** Starts `sallyport serve` as a user does, with the way upstream by a Unix socket and a log file. */
export async function startGateway(making: GatewayMaking): Promise<GatewayProcess> {
  const { directory, hba, tls } = making;
  const port = await freePort(["127.0.0.1"]);
  await mkdir(directory, { mode: 0o711 });
  const write = async (name: string, text: string | Uint8Array): Promise<void> =>
    await writeFile(join(directory, name), text, { mode: 0o600 });
  await write("sallyport.conf", settingsText(making, port));
  await write("pg_hba.conf", hba);
  await write("pg_ident.conf", "");
  await write("server.crt", tls.chain);
  await write("server.key", tls.key);
  const child = await startChild({
    program: process.execPath,
    args: [...commandLine, "serve", "-D", directory],
    logFile: join(directory, "log"),
    port,
    endSignal: "SIGQUIT",
  });
  return { ...child, directory, hba: join(directory, "pg_hba.conf"), port };
}

function settingsText({ upstream, pooled }: GatewayMaking, port: number): string {
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    max_connections: "11000",
    ssl: "on",
    ssl_cert_file: "server.crt",
    ssl_key_file: "server.key",
    upstream: `host=${upstream.socketDirectory} port=${upstream.port} user=${catalogRole} dbname=${database}`,
    upstream_auth: "service",
    log_connections: "on",
    log_disconnections: "on",
    log_line_prefix: "%m [%p] ",
    ...(pooled ? pooling : noPooling),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join("");
}

/** Whether the settings of pooling are taken by this build. */
export async function canPool(): Promise<boolean> {
  await using room = await tempDirectory();
  const directory = room.path;
  const settings = Object.entries({ upstream: "host=/tmp", ...pooling });
  const text = settings.map(([name, value]) => `${name} = '${value}'\n`).join("");
  await writeFile(join(directory, "sallyport.conf"), text, { mode: 0o600 });
  const args = [...commandLine, "serve", "-D", directory, "-C", "pool_mode"];
  const { status } = await command(process.execPath, args);
  return status === 0;
}

/** Makes it read its files again, and waits until it has. */
export async function reloadGateway({ directory }: GatewayProcess): Promise<void> {
  const { hba } = await askControl(directory, "reload", {}, 180_000).catch(async (error: unknown) => {
    const log = await readFile(join(directory, "log"), "utf8");
    throw new Error(
      `the gateway does not say that it has loaded its file; its log ends with\n${log.slice(-1500)}`,
      {
        cause: error,
      },
    );
  });
  if (hba.verdict !== "loaded") throw new Error(`the gateway has not loaded its file: ${hba.verdict}`);
}
