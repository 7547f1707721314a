import { Command, Option } from "commander";
import { kindsOf, matrixJson, matrixOf } from "@sallyport/analysis";
import type { Kind, MatrixQuestion } from "@sallyport/analysis";
import { parseClientAddress, utf8Bytes } from "@sallyport/policy";
import type { Policy } from "@sallyport/policy";
import { Failure } from "../failure.ts";
import { printJson, printLines } from "../io.ts";
import { addAttemptOptions } from "../options/attempt-options.ts";
import type { AttemptOptions } from "../options/attempt-options.ts";
import { addFactOptions, readFacts } from "../options/fact-options.ts";
import type { FactOptions } from "../options/fact-options.ts";
import { addPolicyOptions } from "../options/policy-options.ts";
import type { PolicyOptions } from "../options/policy-options.ts";
import { readUsablePolicy } from "../options/usable-policy.ts";
import { matrixCsv } from "../output/matrix-csv.ts";
import { matrixText } from "../output/matrix-text.ts";
import type { CommandMaker } from "./command-maker.ts";

interface MatrixOptions extends PolicyOptions, AttemptOptions, FactOptions {
  readonly format: "text" | "csv" | "json";
}

/** A few seconds' worth of decisions. */
const mostDecisions = 100_000;

export const matrixCommand: CommandMaker = (io, done) =>
  addFactOptions(
    addAttemptOptions(
      addPolicyOptions(
        new Command("matrix").description(
          "who can reach what, from where, how; the options of an attempt narrow it",
        ),
      ),
    ),
  )
    .addOption(
      new Option("--format <format>", "how to print").choices(["text", "csv", "json"]).default("text"),
    )
    .action(async (options: MatrixOptions) => {
      const policy = await readUsablePolicy(options, io);
      const question = questionOf(options, policy);
      const known = await readFacts(options, io);
      const matrix = matrixOf(policy, question, { ...known, most: mostDecisions });
      if (options.format === "json") printJson(io, matrixJson(matrix));
      else if (options.format === "csv") io.stdout(matrixCsv(matrix));
      else printLines(io, matrixText(matrix, policy, known.catalogue));
      done(0);
    });

function questionOf(options: MatrixOptions, policy: Policy): MatrixQuestion {
  const { user, database, address, replication, systemUser, hostname } = options;
  if (policy.profile.settings.db_user_namespace && policy.profile.dialect.userNamespaces) {
    const hint = "With db_user_namespace a role is another one for each database: ask explain.";
    throw new Failure("a matrix cannot be made with db_user_namespace = on", { hint });
  }
  if (address !== undefined && parseClientAddress(address) === null) {
    throw new Failure(`"${address}" is no IP address`);
  }
  if (hostname !== undefined && address === undefined) {
    throw new Failure("--hostname is the name of one client", { hint: "Use --address IP, too." });
  }
  return {
    user: user === undefined ? null : utf8Bytes(user),
    database: database === undefined ? null : utf8Bytes(database),
    address: address ?? null,
    kinds: askedKinds(options, kindsOf(policy.profile)),
    replication: replication ?? null,
    systemUser: systemUser === undefined ? null : utf8Bytes(systemUser),
  };
}

function askedKinds(
  { address, local, ssl, gssenc }: MatrixOptions,
  possible: readonly Kind[],
): readonly Kind[] {
  if (local && (address !== undefined || ssl || gssenc)) {
    throw new Failure("--local excludes --address, --ssl and --gssenc");
  }
  if (ssl && gssenc) throw new Failure("--ssl and --gssenc exclude each other");
  if (local) return ["local"];
  if (ssl) return ["ssl"];
  if (gssenc) return ["gss"];
  return address === undefined ? possible : possible.filter((kind) => kind !== "local");
}
