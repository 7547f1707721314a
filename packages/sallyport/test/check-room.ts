import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { fileFindingKinds } from "@sallyport/analysis";
import { freePort, startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { sallyport } from "./cli.ts";
import type { CliOptions } from "./cli.ts";

/** No resolver is asked for it: a label may have 63 characters. */
export const noSuchHost = `${"x".repeat(64)}.example`;

export const hba = "local all all scram-sha-256\nhost all all samehost scram-sha-256\n";

/** What the gateway's role may do in a server that `check` is to find nothing wrong with; `ordinary` may do nothing. */
export const catalogRoles = [
  "create role sallyport login",
  "grant select (rolname, rolpassword) on pg_authid to sallyport",
  "create role ordinary login",
];

export interface GateText {
  readonly hba?: string;
  readonly ident?: string;
  readonly upstream?: string;
  /** More lines of sallyport.conf. */
  readonly conf?: string;
}

export interface Checked {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server, and a directory of gates before it; both last as long as the tests of the file that asked for them. */
export interface CheckRoom {
  readonly path: string;
  readonly server: TestPostgres;
  /** Of every gate; nothing listens there. */
  readonly port: number;
  /** A gate in front of the server, in which nothing is wrong unless the text says so. */
  readonly makeGate: (text?: GateText) => Promise<string>;
  /** Runs `sallyport check` there; `ROOM` stands for its path. */
  readonly check: (args: readonly string[], options?: CliOptions) => Promise<Checked>;
  /** The findings of a gate, but those of the two files by themselves: `id line:column message`; `GATE` stands for its directory. */
  readonly findings: (directory: string, ...args: readonly string[]) => Promise<string[]>;
}

interface FoundJson {
  readonly id: string;
  readonly message: string;
  readonly place: { readonly line_number: number; readonly column: number } | null;
}

export function conninfo(of: TestPostgres, user = "sallyport"): string {
  return `host=${of.socketDirectory} port=${of.port} user=${user} dbname=postgres`;
}

export function checkRoom(): CheckRoom {
  let server: TestPostgres;
  let room: TempDirectory;
  let port: number;
  let gates = 0;

  beforeAll(async () => {
    [server, room, port] = await Promise.all([
      startPostgres({ settings: { max_connections: "20" } }),
      tempDirectory(),
      freePort(),
    ]);
    await server.psql(catalogRoles.flatMap((sql) => ["-c", sql]));
  });

  afterAll(async () => {
    await server?.stop();
    await room?.remove();
  });

  async function makeGate(text: GateText = {}): Promise<string> {
    const directory = join(room.path, `gate${(gates += 1)}`);
    await mkdir(directory, { mode: 0o711 });
    const settings = [
      "listen_addresses = '127.0.0.1'",
      `port = ${port}`,
      `unix_socket_directories = '${directory}/s'`,
      "max_connections = 10",
      "upstream_auth = service",
      `upstream = '${text.upstream ?? conninfo(server)}'`,
    ].join("\n");
    const write = async (name: string, contents: string): Promise<void> =>
      await writeFile(join(directory, name), contents, { mode: 0o600 });
    await write("sallyport.conf", `${settings}\n${text.conf ?? ""}\n`);
    await write("pg_hba.conf", text.hba ?? hba);
    await write("pg_ident.conf", text.ident ?? "");
    return directory;
  }

  async function check(args: readonly string[], options: CliOptions = {}): Promise<Checked> {
    const { status, stdout, stderr } = await sallyport(["check", ...args], { cwd: room.path, ...options });
    return {
      status,
      stdout: stdout.replaceAll(room.path, "ROOM"),
      stderr: stderr.replaceAll(room.path, "ROOM"),
    };
  }

  async function findings(directory: string, ...args: readonly string[]): Promise<string[]> {
    const { stdout, stderr } = await check(["-D", directory, "--format", "json", ...args]);
    expect(stderr).toBe("");
    const json = JSON.parse(stdout.replaceAll(directory.replace(room.path, "ROOM"), "GATE")) as {
      findings: FoundJson[];
    };
    const ofGate = json.findings.filter(({ id }) => !Object.hasOwn(fileFindingKinds, id));
    return ofGate.map(({ id, place, message }) => {
      const at = place === null ? "" : ` ${place.line_number}:${place.column}`;
      return `${id}${at} ${message.replaceAll(/user ID \d+/g, "user N")}`;
    });
  }

  return {
    get path() {
      return room.path;
    },
    get server() {
      return server;
    },
    get port() {
      return port;
    },
    makeGate,
    check,
    findings,
  };
}
