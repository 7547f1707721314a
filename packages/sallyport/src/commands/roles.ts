import { Command } from "commander";
import { readRoleCatalogue } from "@sallyport/live";
import { printJson } from "../io.ts";
import type { CommandMaker } from "./command-maker.ts";
import { withClient } from "../options/live-server.ts";

export const rolesCommand: CommandMaker = (io, done) =>
  new Command("roles")
    .description("write a role catalogue of a live server, for --roles; it holds no secret")
    .argument(
      "[conninfo]",
      "a libpq connection string or URI; what it leaves out comes from PG* and the passfile",
      "",
    )
    .action(async (conninfo: string) => {
      printJson(io, await withClient(conninfo, io, readRoleCatalogue));
      done(0);
    });
