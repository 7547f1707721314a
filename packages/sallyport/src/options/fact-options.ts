import type { Command } from "commander";
import {
  isCatalogueMember,
  maskOf,
  parseCatalogue,
  parseClientAddress,
  verifiedName,
} from "@sallyport/policy";
import type { Facts, InterfaceAddress, RoleCatalogue } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";
import { readInput } from "./input.ts";
import { collect } from "./policy-options.ts";
import { exists } from "./directories.ts";

/** Facts that a decision may depend on, as options. Tools ask no resolver and no interface. */
export interface FactOptions {
  readonly roles?: string;
  readonly hostname?: string;
  readonly serverAddress?: readonly string[];
  readonly address?: string;
}

export interface KnownFacts {
  readonly facts: Facts;
  readonly catalogue: RoleCatalogue | null;
}

export function addFactOptions(command: Command): Command {
  return addServerFactOptions(command).option("--hostname <name>", "the verified host name of the client");
}

/** Facts about the server alone: of commands that are about more than one client. */
export function addServerFactOptions(command: Command): Command {
  return command
    .option(
      "--roles <file|conninfo>",
      "a role catalogue, or the server to read it from; else membership is unknown",
    )
    .option(
      "--server-address <ip/len>",
      "an address of the server, for samehost and samenet; repeatable",
      collect,
      [],
    );
}

export async function readFacts(options: FactOptions, io: Io): Promise<KnownFacts> {
  const catalogue = options.roles === undefined ? null : await readCatalogue(options.roles, io);
  const client = options.address === undefined ? null : parseClientAddress(options.address);
  const addresses = (options.serverAddress ?? []).map(interfaceAddress);
  const facts: Facts = {
    ...(catalogue ? { membership: (role, group) => isCatalogueMember(catalogue, role, group) } : {}),
    ...(options.hostname === undefined ? {} : { hostname: verifiedName(options.hostname, client) }),
    ...(addresses.length > 0 ? { interfaces: addresses } : {}),
  };
  return { facts, catalogue };
}

/** A file if there is one of that name, else a connection string. */
async function readCatalogue(source: string, io: Io): Promise<RoleCatalogue> {
  const isFile = source === "-" || (await exists(source));
  if (!isFile && !source.includes("=") && !/^postgres(?:ql)?:\/\//.test(source)) {
    throw new Failure(`--roles ${source}: neither a file nor a connection string`);
  }
  const json = isFile ? await readInput(source, io) : await liveCatalogue(source, io);
  const catalogue = parseCatalogue(json);
  if ("error" in catalogue) throw new Failure(`--roles ${source}: ${catalogue.error}`);
  return catalogue;
}

/** What asks a server is loaded only for that. */
async function liveCatalogue(conninfo: string, io: Io): Promise<string> {
  const [{ readRoleCatalogue }, { withClient }] = await Promise.all([
    import("@sallyport/live"),
    import("./live-server.ts"),
  ]);
  return JSON.stringify(await withClient(conninfo, io, readRoleCatalogue));
}

function interfaceAddress(text: string): InterfaceAddress {
  const [address = "", length] = text.split("/");
  const own = parseClientAddress(address);
  const bits = own ? 8 * own.ip.length : 0;
  const prefix = length === undefined ? bits : Number(length);
  if (!own || !/^\d*$/.test(length ?? "") || prefix > bits) {
    throw new Failure(`--server-address ${text}: IP/LEN is expected, such as 10.0.0.1/8`);
  }
  return { ip: own.ip, mask: maskOf(prefix, own.ip.length === 4 ? 4 : 6) };
}
