import { Option } from "commander";
import type { Command } from "commander";
import { parseClientAddress, utf8Bytes } from "@sallyport/policy";
import type { Attempt } from "@sallyport/policy";
import { Failure } from "../failure.ts";

/** The vocabulary of an attempt as options. */
export interface AttemptOptions {
  readonly user?: string;
  readonly database?: string;
  readonly address?: string;
  readonly local?: boolean;
  readonly ssl?: boolean;
  readonly gssenc?: boolean;
  readonly replication?: true | "database";
  readonly systemUser?: string;
}

export function addAttemptOptions(command: Command): Command {
  return command
    .option("-U, --user <name>", "the role, as in the startup packet")
    .option("-d, --database <name>", "the database; default: named like the user")
    .option("--address <ip>", "the client's address")
    .option("--local", "the client comes through a Unix-domain socket")
    .option("--ssl", "the connection has TLS")
    .option("--gssenc", "the connection has GSSAPI encryption")
    .addOption(
      new Option("--replication [kind]", "physical replication, or logical with =database").choices([
        "database",
      ]),
    )
    .option("--system-user <name>", "what peer, ident, gss or cert would report");
}

/** The attempt that the options describe. It must say where the client comes from: that is never guessed. */
export function attemptOfOptions(options: AttemptOptions): Attempt {
  const {
    user,
    database,
    address,
    local = false,
    ssl = false,
    gssenc = false,
    replication = false,
    systemUser,
  } = options;
  if (user === undefined) throw new Failure("no user is given", { hint: "Use -U NAME." });
  if ((address === undefined) === !local) {
    throw new Failure(
      local ? "--local and --address exclude each other" : "it is not said where the client comes from",
      {
        hint: "Use --address IP, or --local for a Unix-domain socket.",
      },
    );
  }
  if (address !== undefined && parseClientAddress(address) === null) {
    throw new Failure(`"${address}" is no IP address`);
  }
  if (local && (ssl || gssenc)) throw new Failure("a Unix-domain socket is never encrypted");
  if (ssl && gssenc) throw new Failure("--ssl and --gssenc exclude each other");
  return {
    user: utf8Bytes(user),
    address: address ?? null,
    ssl,
    gssenc,
    replication,
    ...(database === undefined ? {} : { database: utf8Bytes(database) }),
    ...(systemUser === undefined ? {} : { systemUser: utf8Bytes(systemUser) }),
  };
}
