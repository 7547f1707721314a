import { randomBytes } from "node:crypto";
import { chmod, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  loginCertificates,
  loginStatements,
  plantTree,
  startPostgres,
  worldStatements,
} from "@sallyport/testkit";
import type { LoginCertificates, TestPostgres, Tree } from "@sallyport/testkit";
import { startGate } from "../../packages/gateway/test/gate.ts";
import type { Target } from "../../packages/gateway/test/raw-client.ts";

/** One of the two that must be alike, while both have the same files. */
export interface Twin {
  readonly name: "PostgreSQL" | "gateway";
  readonly unix: Target;
  readonly port: number;
  /** Its own, and those of its clients; null: TLS stays off. */
  readonly certificates: LoginCertificates | null;
  /** All that it has logged. A message begins with `PID PEER@LEVEL:  `. */
  readonly log: () => Promise<string>;
}

export interface Pair {
  readonly server: Twin;
  readonly gateway: Twin;
}

/** Of `postgresql.conf` and `sallyport.conf` alike. */
export type Settings = Readonly<Record<string, string>>;

/**
 * Two PostgreSQL servers with the same roles, databases and secrets. The first enforces the files that it is given
 * itself; the second trusts its socket and stands behind a gateway that enforces the same files.
 */
export interface Twins extends AsyncDisposable {
  readonly enforcing: TestPostgres;
  readonly behind: TestPostgres;
  /** Each knows as which OS user somebody comes over the Unix socket, and we can come as any. */
  readonly knowOsUsers: boolean;
  /** The salts of their SCRAM secrets, in base64. */
  readonly salts: ReadonlySet<string>;
  /** Puts both under these files, has something done, and takes the files away again. */
  readonly under: <T>(tree: Tree, act: (pair: Pair) => Promise<T>, settings?: Settings) => Promise<T>;
}

/** By these a log says of each message which connection it is about. */
const linePrefix = "%p %r@";

const logSettings = {
  log_line_prefix: linePrefix,
  log_connections: "receipt,authentication,authorization",
  log_disconnections: "on",
} as const;

const catalogueRole = [
  "create role sallyport login",
  "grant select (rolname, rolpassword) on pg_authid to sallyport",
] as const;

interface StartOptions {
  /** SQL beside that of the world of logins, for both servers. */
  readonly statements?: readonly string[];
  /** Settings of the enforcing server and of the gateway that are read at start. */
  readonly atStart?: Settings;
  /** They have certificates, so that `ssl` may be turned on. */
  readonly tls?: boolean;
}

export async function startTwins({
  statements = [],
  atStart = {},
  tls = false,
}: StartOptions = {}): Promise<Twins> {
  const [certificates, enforcing, behind] = await Promise.all([
    tls ? loginCertificates() : null,
    startPostgres({
      tcp: true,
      settings: { ...atStart, ...logSettings, unix_socket_permissions: "0777" },
    }),
    startPostgres({ hba: "local all all trust\nlocal replication all trust\n" }),
  ]);
  const files = certificates ? tlsFiles(certificates) : {};
  let salts: ReadonlySet<string>;
  const stop = async (): Promise<void> => {
    await Promise.all([enforcing.stop(), behind.stop()]);
  };
  try {
    const common = [...worldStatements(), ...loginStatements(), ...catalogueRole, ...statements];
    await Promise.all([run(enforcing, common), run(behind, common)]);
    await copySecrets(enforcing, behind);
    for (const [name, contents] of Object.entries(files)) await enforcing.writeFile(name, contents);
    salts = await saltsOf(enforcing);
    // Everybody may go through to the sockets; only root can use that, to come as somebody else.
    await chmod(enforcing.socketDirectory, 0o711);
  } catch (error) {
    await stop();
    throw error;
  }
  const nodeKey = randomBytes(32);
  return {
    enforcing,
    behind,
    // In a namespace of its own a server sees everybody under another name, or under none.
    knowOsUsers: enforcing.runsAs.kind === "user",
    salts,
    under: async (tree, act, given = {}) => {
      const settings = tls ? { ssl_ca_file: "root.crt", ...given } : given;
      await enforcing.writeFile("postgresql.auto.conf", confLines(settings));
      const remove = await plantTree(enforcing, tree);
      try {
        const said = await enforcing.reload();
        if (said.includes("not reloaded")) throw new Error(`the server does not load its files: ${said}`);
        const conf = confLines({ ...atStart, ...settings });
        return await withGate({ enforcing, behind, nodeKey, conf, certificates, files }, act);
      } finally {
        await remove();
      }
    },
    [Symbol.asyncDispose]: stop,
  };
}

function tlsFiles({ server, authorities }: LoginCertificates): Readonly<Record<string, string>> {
  const pem = (bytes: Buffer): string => bytes.toString("latin1");
  return { "server.crt": pem(server.cert), "server.key": pem(server.key), "root.crt": pem(authorities) };
}

function confLines(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join("");
}

async function run(server: TestPostgres, statements: readonly string[]): Promise<string> {
  const args = ["-v", "ON_ERROR_STOP=1", ...statements.flatMap((sql) => ["-c", sql])];
  const { status, stdout, stderr } = await server.psql(args);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Secrets have random salts: those of one server become those of the other, word for word. */
async function copySecrets(from: TestPostgres, to: TestPostgres): Promise<void> {
  const statement = `select format('update pg_authid set rolpassword = %L where rolname = %L', rolpassword, rolname)
    from pg_authid where rolpassword is not null`;
  await run(to, (await run(from, [statement])).trimEnd().split("\n"));
}

/** Of the SCRAM secrets, in base64. */
async function saltsOf(server: TestPostgres): Promise<ReadonlySet<string>> {
  const statement = `select split_part(split_part(rolpassword, ':', 2), '$', 1)
    from pg_authid where rolpassword like 'SCRAM-SHA-256$%'`;
  return new Set((await run(server, [statement])).trimEnd().split("\n"));
}

interface GateOf {
  readonly enforcing: TestPostgres;
  readonly behind: TestPostgres;
  readonly nodeKey: Buffer;
  readonly conf: string;
  readonly certificates: LoginCertificates | null;
  readonly files: Readonly<Record<string, string>>;
}

/** A gateway with the very files of the server that it is the twin of. */
async function withGate<T>(
  { enforcing, behind, nodeKey, conf, certificates, files }: GateOf,
  act: (pair: Pair) => Promise<T>,
): Promise<T> {
  const { paths, port } = enforcing;
  await using gate = await startGate(behind, {
    hba: "",
    files,
    nodeKey,
    linePrefix,
    conf: `hba_file = '${paths.hba}'
ident_file = '${paths.ident}'
unix_socket_permissions = 0777
log_connections = '${logSettings.log_connections}'
log_disconnections = ${logSettings.log_disconnections}
${conf}`,
  });
  await Promise.all([chmod(gate.socketDirectory, 0o711), chmod(dirname(gate.hbaFile), 0o711)]);
  return await act({
    server: {
      name: "PostgreSQL",
      unix: { path: paths.socket },
      port,
      certificates,
      log: async () => (await readFile(paths.log)).toString("latin1"),
    },
    gateway: {
      name: "gateway",
      unix: gate.unix,
      port: gate.port,
      certificates,
      log: async () => await Promise.resolve(gate.log()),
    },
  });
}
