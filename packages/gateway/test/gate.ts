import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  createLogger,
  LiveAuthFile,
  loadSettings,
  parseLinePrefix,
  startGateway,
  systemDisk,
} from "../src/index.ts";
import type { Gateway, GatewayOptions, Settings } from "../src/index.ts";
import { readHba, readIdent } from "../src/config/policy-files.ts";
import type { NameService } from "../src/resolver/index.ts";
import { LiveTls } from "../src/tls/live-tls.ts";
import { freePort, psql, tempDirectory } from "@sallyport/testkit";
import type { CommandResult, PsqlOptions, TestPostgres } from "@sallyport/testkit";
import type { Diagnostic, Policy, Problem } from "@sallyport/policy";
import { parseConninfo, resolveConninfo } from "@sallyport/wire";
import type { ConnectionOptions } from "@sallyport/wire";
import type { Target } from "./raw-client.ts";

/** SQL of the catalogue's role, and of one role that can log in everywhere. */
export const setUp = [
  "create role sallyport login",
  "grant select (rolname, rolpassword) on pg_authid to sallyport",
  "create role app login password 'app-secret'",
  "create database shop owner app",
] as const;

/** Runs statements as the superuser, each by itself. */
export async function run(server: TestPostgres, statements: readonly string[]): Promise<string> {
  const result = await server.psql(statements.flatMap((statement) => ["-c", statement]));
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout.trimEnd();
}

/** Asks again and again, for half a minute: of what tells nobody when it has come about. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await delay(10);
  }
}

export interface GateOptions {
  readonly hba: string;
  /** `pg_ident.conf`; default: empty. */
  readonly ident?: string;
  /** What the two files name, by path in the gate directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** Connection string; default: the server's socket, as the catalogue's role. */
  readonly upstream?: string;
  /** Lines for `sallyport.conf`. */
  readonly conf?: string;
  readonly port?: number;
  readonly socketDirectory?: string;
  /** Of this gate and of those after it that shall be the same one; default: random. */
  readonly nodeKey?: Buffer;
  /** Default: what the machine has. */
  readonly ldap?: GatewayOptions["ldap"];
  /** Where the service files of PAM are; default: where the system has them. */
  readonly pamDirectory?: string;
  /** Default: the resolver of the system. */
  readonly names?: NameService;
  /** Where the Ident servers of its clients listen; default: 113. */
  readonly identPort?: number;
  /** `log_line_prefix`; default: the SQLSTATE. */
  readonly linePrefix?: string;
}

/** A gateway in this process, on a free port and a socket of its own. */
export interface TestGate extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly settings: Settings;
  readonly tls: LiveTls;
  readonly authFile: LiveAuthFile | null;
  readonly tcp: Target;
  readonly unix: Target;
  readonly hbaFile: string;
  readonly socketDirectory: string;
  readonly port: number;
  /** All that was logged, one entry after the other. */
  readonly log: () => string;
  /** The first entry with these words: one that is there, or else the next one to come. */
  readonly logged: (words: string) => Promise<string>;
  /** psql by TCP unless `env` says otherwise, to database `shop`. */
  readonly psql: (user: string, args: readonly string[], options?: PsqlOptions) => Promise<CommandResult>;
}

export async function startGate(server: TestPostgres | null, options: GateOptions): Promise<TestGate> {
  const room = await tempDirectory();
  const port = options.port ?? (await freePort());
  const socketDirectory = options.socketDirectory ?? join(room.path, "s");
  const upstream =
    options.upstream ?? `host=${server?.socketDirectory} port=${server?.port} user=sallyport dbname=postgres`;
  const { settings, policy } = await gateFiles(room.path, {
    ...options,
    conf: `listen_addresses = '127.0.0.1,::1'
port = ${port}
unix_socket_directories = '${socketDirectory}'
upstream = '${upstream}'
upstream_auth = service
log_connections = all
log_disconnections = on
${options.conf ?? ""}`,
  });
  if (policy === null) throw new Error("the policy does not load");
  const entries: string[] = [];
  const waiting = new Set<() => void>();
  const write = (entry: string): void => {
    entries.push(entry);
    for (const look of waiting) look();
  };
  const authFile = await authFileOf(settings);
  const tls = await LiveTls.start(settings);
  const gateway = await startGateway({
    settings,
    policy: { current: policy },
    authFile,
    tls,
    upstream: upstreamOptions(upstream),
    nodeKey: options.nodeKey ?? randomBytes(32),
    logger: entryLogger(write, settings.log_destination, options.linePrefix),
    clock: () => new Date(),
    ldap: options.ldap,
    pamDirectory: options.pamDirectory,
    names: options.names,
    identPort: options.identPort,
  }).catch(async (error: unknown) => {
    await room.remove();
    throw error;
  });
  const env = { PGHOST: "127.0.0.1", PGPORT: String(port), PGDATABASE: "shop", PGSSLMODE: "disable" };
  return {
    gateway,
    settings,
    tls,
    authFile,
    tcp: { host: "127.0.0.1", port },
    unix: { path: join(socketDirectory, `.s.PGSQL.${port}`) },
    hbaFile: join(room.path, "pg_hba.conf"),
    socketDirectory,
    port,
    log: () => entries.join(""),
    logged: async (words) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = (): void => {
        const found = entries.find((entry) => entry.includes(words));
        if (found !== undefined) resolve(found);
      };
      const tooLate = setTimeout(
        () => reject(new Error(`"${words}" is not in:\n${entries.join("")}`)),
        10_000,
      );
      waiting.add(look);
      look();
      return await promise.finally(() => {
        clearTimeout(tooLate);
        waiting.delete(look);
      });
    },
    psql: async (user, args, more = {}) =>
      await psql(args, { ...more, env: { ...env, PGUSER: user, PGPASSWORD: `${user}-secret`, ...more.env } }),
    [Symbol.asyncDispose]: async () => {
      await gateway.stop("immediate");
      await room.remove();
    },
  };
}

/** Writes the files of a gate and reads them as `serve` does. */
export async function gateFiles(
  directory: string,
  { hba, ident = "", conf = "", files = {} }: Pick<GateOptions, "hba" | "ident" | "conf" | "files">,
): Promise<GateFiles> {
  await writeFile(join(directory, "sallyport.conf"), conf, { mode: 0o600 });
  await writeFile(join(directory, "pg_hba.conf"), hba, "latin1");
  await writeFile(join(directory, "pg_ident.conf"), ident, "latin1");
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(directory, name), text, { encoding: "latin1", mode: 0o600 });
  }
  const loaded = await loadSettings({ directory, overrides: [], disk: systemDisk });
  if (!("settings" in loaded)) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  const { settings } = loaded;
  const [hbaFile, identFile] = [await readHba(settings), await readIdent(settings)];
  return {
    settings,
    policy: hbaFile.policy && { ...hbaFile.policy, mappings: identFile.mappings ?? [] },
    problems: [...hbaFile.problems, ...identFile.problems],
    diagnostics: [...hbaFile.diagnostics, ...identFile.diagnostics],
  };
}

async function authFileOf({ auth_source, auth_file }: Settings): Promise<LiveAuthFile | null> {
  if (auth_source !== "file") return null;
  const loaded = await LiveAuthFile.load(auth_file);
  if (!("file" in loaded)) throw new Error(loaded.message);
  return loaded.file;
}

export interface GateFiles {
  readonly settings: Settings;
  readonly policy: Policy | null;
  readonly problems: readonly Problem[];
  readonly diagnostics: readonly Diagnostic[];
}

function upstreamOptions(conninfo: string): ConnectionOptions {
  return resolveConninfo(parseConninfo(conninfo), {
    environment: new Map(),
    osUser: "nobody",
    homeDirectory: "/nonexistent",
    socketDirectory: "/nonexistent",
  });
}

function entryLogger(
  write: (entry: string) => void,
  destinations: Settings["log_destination"],
  prefix = "%e ",
): ReturnType<typeof createLogger> {
  const linePrefix = parseLinePrefix(prefix);
  if ("error" in linePrefix) throw new Error("the prefix is wrong");
  const clock = (): Date => new Date();
  return createLogger({
    write,
    clock,
    destinations,
    linePrefix,
    minMessages: "warning",
    process: { pid: process.pid, startTime: clock() },
  });
}
