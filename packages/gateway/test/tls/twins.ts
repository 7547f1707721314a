import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateAuthority, psql, startPostgres, tempDirectory } from "@sallyport/testkit";
import type {
  CertificateAuthority,
  CommandResult,
  IssuedCertificate,
  TestPostgres,
} from "@sallyport/testkit";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import type { Libpq } from "../clients/libpq.ts";

export interface TlsTwinOptions {
  /** Of both; on the server's socket everybody is trusted. */
  readonly hba: string;
  readonly ident?: string;
  readonly statements?: readonly string[];
  /** Default: on. */
  readonly ssl?: "on" | "off";
  /** Settings of both, under PostgreSQL's names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Files that the settings of both name, by path in their directory. */
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Default: one for localhost of an authority of its own. */
  readonly certificate?: Pick<IssuedCertificate, "chain" | "key">;
}

/** A gate, and a PostgreSQL: both have the same rules, the same certificate and the same settings of TLS. */
export interface TlsTwins extends AsyncDisposable {
  readonly gate: TestGate;
  readonly server: TestPostgres;
  /** The same psql at both doors. */
  readonly knock: (libpq: Libpq, conninfo: string, args?: readonly string[]) => Promise<Knock>;
}

export interface Knock {
  readonly gate: CommandResult;
  readonly postgres: CommandResult;
}

export async function startTlsTwins(options: TlsTwinOptions): Promise<TlsTwins> {
  const { hba, ident = "", statements = [], ssl = "on", files = {} } = options;
  const made = options.certificate ? null : await certificateAuthority();
  const own = options.certificate ?? (await serverCertificate(made));
  await made?.remove();
  const settings = { ssl, ssl_cert_file: "server.crt", ssl_key_file: "server.key", ...options.settings };
  const all = { "server.crt": own.chain, "server.key": own.key, ...files };
  const room = await tempDirectory();
  let server: TestPostgres | null = null;
  let upstream: TestPostgres | null = null;
  try {
    for (const [name, contents] of Object.entries(all))
      await writeFile(join(room.path, name), contents, { mode: 0o600 });
    server = await startPostgres({
      tcp: true,
      hba: `local all all trust\nlocal replication all trust\n${hba}`,
      ident,
      settings: { ...settings, log_connections: "on", log_disconnections: "on", log_line_prefix: "%e|" },
      files: Object.fromEntries(Object.entries(all).map(([name, bytes]) => [name, bytes.toString("latin1")])),
    });
    upstream = await startPostgres();
    for (const each of [server, upstream]) await run(each, [...setUp, ...statements]);
    const gate = await startGate(upstream, {
      hba,
      ident,
      linePrefix: "%e|",
      conf: Object.entries(settings)
        .map(([name, value]) => `${name} = '${value in all ? join(room.path, value) : value}'\n`)
        .join(""),
    });
    return twins(gate, server, upstream, room.remove);
  } catch (error) {
    await server?.stop();
    await upstream?.stop();
    await room.remove();
    throw error;
  }
}

function twins(
  gate: TestGate,
  server: TestPostgres,
  upstream: TestPostgres,
  remove: () => Promise<void>,
): TlsTwins {
  return {
    gate,
    server,
    knock: async (libpq, conninfo, args = ["-c", "\\conninfo"]) => {
      const at = async (port: number): Promise<CommandResult> =>
        await psql(["-d", `host=127.0.0.1 port=${port} dbname=shop ${conninfo}`, ...args], {
          env: libpq.environment,
        });
      const [ours, theirs] = await Promise.all([at(gate.port), at(server.port)]);
      return { gate: ours, postgres: theirs };
    },
    [Symbol.asyncDispose]: async () => {
      await gate[Symbol.asyncDispose]();
      await server.stop();
      await upstream.stop();
      await remove();
    },
  };
}

async function serverCertificate(authority: CertificateAuthority | null): Promise<IssuedCertificate> {
  if (authority === null) throw new Error("there is no authority");
  return await authority.issue({ subject: "/CN=localhost", names: "DNS:localhost,IP:127.0.0.1" });
}
