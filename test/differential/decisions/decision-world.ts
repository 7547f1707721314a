import { lookup, lookupService } from "node:dns/promises";
import { writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import {
  featuresLacking,
  loopbackAddress,
  startPostgres,
  tempDirectory,
  worldStatements,
} from "@sallyport/testkit";
import type { Major, PostgresOptions, Random, TestPostgres } from "@sallyport/testkit";
import { main } from "../../../packages/sallyport/src/main.ts";
import { canConnectFrom } from "./knock.ts";
import { logSettings } from "./server-log.ts";

/** A server with the world's roles and databases, and what our side has to know of it. */
export interface DecisionWorld extends AsyncDisposable {
  readonly server: TestPostgres;
  readonly major: Major;
  /** Options of `explain` that say whose files these are and what is known beside them. */
  readonly facts: readonly string[];
}

export async function startWorld(major: Major, options: PostgresOptions = {}): Promise<DecisionWorld> {
  const server = await startPostgres({
    ...options,
    major,
    settings: { ...logSettings(major), ...options.settings },
  });
  const made = await server.psql([
    "-v",
    "ON_ERROR_STOP=1",
    ...worldStatements({ grantOptions: major >= 16 }).flatMap((sql) => ["-c", sql]),
  ]);
  if (made.status !== 0) throw new Error(made.stderr);
  const room = await tempDirectory();
  const roles = join(room.path, "roles.json");
  await writeFile(roles, await roleCatalogue(server));
  const addresses = ownAddresses().flatMap(({ cidr }) => ["--server-address", cidr]);
  const lacking = featuresLacking(server.features).join(",");
  return {
    server,
    major,
    facts: ["--server-version", server.version, "--without", lacking, "--roles", roles, ...addresses],
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await room.remove();
    },
  };
}

/** `sallyport roles`. */
async function roleCatalogue(server: TestPostgres): Promise<string> {
  let json = "";
  let stderr = "";
  const conninfo = `host=${server.socketDirectory} port=${server.port} user=${server.superuser} dbname=postgres`;
  const status = await main(["roles", conninfo], {
    stdout: (text) => void (json += text),
    stderr: (text) => void (stderr += text),
    stdin: process.stdin,
    environment: {},
    clock: () => new Date(),
  });
  if (status !== 0) throw new Error(stderr);
  return json;
}

/** Addresses to connect from. */
export interface ClientAddresses {
  readonly all: readonly string[];
  /** Those whose name this machine knows without asking anybody, as every machine should of 127.0.0.1. */
  readonly named: ReadonlyMap<string, string>;
}

/** 127.0.0.1, ::1, and addresses of this machine's interfaces that reach its loopback. */
export async function machineAddresses(port: number): Promise<ClientAddresses> {
  const others = ownAddresses().map(({ address }) => address);
  const reachable = await Promise.all(others.map((address) => canConnectFrom(address, port)));
  const names = await Promise.all(localhost.map(verifiedName));
  const named = localhost.flatMap((address, at): [string, string][] => {
    const hostname = names[at];
    return hostname === undefined ? [] : [[address, hostname]];
  });
  return { all: [...localhost, ...others.filter((_, at) => reachable[at])], named: new Map(named) };
}

/** Most clients come from 127.0.0.0/8 and ::1, where every machine has addresses enough. */
export function clientAddresses(r: Random, { all, named }: ClientAddresses): ClientAddresses {
  const loopback = r.many(40, 40, () => loopbackAddress(r));
  return { all: [...localhost, ...localhost, ...loopback, ...all], named };
}

const localhost = ["127.0.0.1", "::1"] as const;

/** The name of an address, if the addresses of that name lead back. Other answers may take long, or differ in time. */
async function verifiedName(address: string): Promise<string | undefined> {
  const hostname = await lookupService(address, 0).then(
    (found) => found.hostname,
    () => undefined,
  );
  if (hostname === undefined) return undefined;
  const forward = await lookup(hostname, { all: true });
  return forward.some((one) => one.address === address) ? hostname : undefined;
}

function ownAddresses(): { readonly address: string; readonly cidr: string }[] {
  return Object.values(networkInterfaces()).flatMap((some = []) =>
    some.flatMap(({ address, cidr }) => (cidr === null ? [] : [{ address, cidr }])),
  );
}
