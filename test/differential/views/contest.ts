import type { ServerBuild } from "@sallyport/testkit";
import type { Comparison, Contest, Entrant } from "../contest.ts";
import { opponentName } from "../servers.ts";
import { compareGenerated, startOracle } from "./compare-views.ts";
import type { FileName, Oracle, ServerSettings } from "./compare-views.ts";
import type { Histogram } from "./histogram.ts";

/** Lines of a generated file, without those of the files that it includes. */
const lines = 100;

const ssl = { ssl: true, libraries: "", db_user_namespace: false };
const clear = { ssl: false, libraries: "x", db_user_namespace: true };
const libraries = { ssl: true, libraries: "x, y", db_user_namespace: false };
const broken = { ssl: false, libraries: '"x', db_user_namespace: false };

/** A server with one set of settings, and which of its views are compared. */
export interface World {
  readonly server: ServerBuild;
  readonly settings: ServerSettings;
  readonly files: readonly FileName[];
}

/**
 * What differs in the libraries alone is for those that know oauth. Maps depend on no setting, and a server before 15
 * has no view of them.
 */
export function worldsOf(server: ServerBuild): readonly World[] {
  const few = server.major < 18 ? [ssl, clear] : [ssl, clear, libraries, broken];
  return few.map((settings, at) => {
    const both = at === 0 && server.major >= 15;
    return { server, settings, files: both ? ["pg_hba.conf", "pg_ident.conf"] : ["pg_hba.conf"] };
  });
}

/** Those of them that this server has. */
export function settingsName({ major }: ServerBuild, settings: ServerSettings): string {
  const namespace = major <= 16 && settings.db_user_namespace ? ", db_user_namespace on" : "";
  const oauth = major >= 18 ? `, libraries '${settings.libraries}'` : "";
  return `ssl ${settings.ssl ? "on" : "off"}${namespace}${oauth}`;
}

/** Generated files: the rows that the server's view shows of each, and ours. */
export function viewsContest(oracle: Oracle, file: FileName): Contest {
  return { round: async (r) => await compareGenerated(oracle, r, file, lines) };
}

/** @param histogram counts what the generated files bring about */
export function views(histogram: Histogram): Comparison {
  const entrant = (server: ServerBuild, settings: ServerSettings, file: FileName): Entrant => ({
    unit: `rows of ${file}`,
    opponent: opponentName(server),
    settings: settingsName(server, settings),
    test: `MAJORS=${server.major} npx vitest run test/differential/views`,
    start: async () => {
      const oracle = await startOracle(server, settings, histogram);
      const { round } = viewsContest(oracle, file);
      return { round, [Symbol.asyncDispose]: async () => await oracle.server.stop() };
    },
  });
  return {
    name: "views",
    usual: ["row", "row with an error"],
    entrants: (servers) =>
      servers
        .flatMap(worldsOf)
        .flatMap(({ server, settings, files }) => files.map((file) => entrant(server, settings, file))),
  };
}
