import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled, serverBuilds, startPostgres } from "@sallyport/testkit";
import type { Major, TestPostgres } from "@sallyport/testkit";
import { ServerError } from "@sallyport/wire";
import type { Client } from "@sallyport/wire";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { ask, enter, pidOf, visit } from "./guest.ts";
import type { GuestLogin } from "./guest.ts";
import { lasting, probes, seededValues, traces } from "./probe.ts";

const hba = "host all all 127.0.0.1/32 trust\n";

/** The rows of the table that says what survives. */
function surviving(): string[] {
  const page = readFileSync(new URL("../../../../docs/pooling.md", import.meta.url), "utf8");
  const [, section = ""] = page.split("## What survives");
  const [table = ""] = section.split("\n## ");
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name);
}

async function answerOf(client: Client, sql: string): Promise<string> {
  try {
    return (await ask(client, sql)) ?? "no row";
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

/** @param seeded what `random()` gives behind a known seed; `came`: when this client was about to come */
async function answers(client: Client, seeded: string, came: string): Promise<Record<string, string>> {
  const all: Record<string, string> = { told: JSON.stringify(Object.fromEntries(client.parameters)) };
  for (const [name, sql] of Object.entries(probes))
    all[name] = await answerOf(client, sql.replace("$seeded", seeded).replace("$came", came));
  return all;
}

async function leaveTraces(client: Client, conninfo: string): Promise<void> {
  for (const sql of traces)
    await client.simpleQuery(sql.replace("$conninfo", conninfo)).catch((error: unknown) => {
      if (!(error instanceof ServerError)) throw error;
    });
}

const majors = serverBuilds
  .filter((server) => server.build === "embedded" && isInstalled(server))
  .map(({ major }) => major);

describe.each(majors)(
  "a session of PostgreSQL %s that is used again answers like a new one",
  (major: Major) => {
    let server: TestPostgres;
    let gate: TestGate;

    beforeAll(async () => {
      server = await startPostgres({ major });
      await run(server, [
        ...setUp,
        "create role helper",
        "grant helper to app",
        "create role chief superuser login",
        "create role walker replication login",
        "create role keeper login",
        "grant execute on all functions in schema pg_catalog to keeper",
      ]);
      await server.psql([
        "-d",
        "shop",
        ...[
          "create sequence numbers",
          "grant all on sequence numbers to public",
          "create extension dblink",
          "grant execute on function dblink_connect_u(text, text) to app",
        ].flatMap((sql) => ["-c", sql]),
      ]);
      gate = await startGate(server, { hba, conf: "pool_mode = session\n" });
    });

    afterAll(async () => {
      await gate?.[Symbol.asyncDispose]();
      await server?.stop();
    });

    test("but for the rows of the table", async () => {
      const user = "app";
      const now = async (): Promise<string> => await run(server, ["select clock_timestamp()"]);
      const conninfo = `host=${server.socketDirectory} port=${server.port} dbname=shop user=${user}`;
      const login = (name: string): GuestLogin => ({ user, parameters: [["application_name", name]] });
      const helper = await enter(gate, login("helper"));
      const seeded = (await ask(helper, seededValues)) ?? "";
      await helper.close();
      const cameFresh = await now();
      const fresh = await enter(gate, login("fresh"));
      const expected = await answers(fresh, seeded, cameFresh);
      await fresh.close();
      // Of the same birth but for its name.
      const first = await visit(gate, login("again"), async (client) => await leaveTraces(client, conninfo));
      const cameAgain = await now();
      const reused = await enter(gate, login("again"));
      expect(await pidOf(reused)).toBe(first);
      const found = await answers(reused, seeded, cameAgain);
      await reused.close();
      for (const name of Object.keys(found)) found[name] = found[name]?.replaceAll("again", "fresh") ?? "";
      const different = Object.keys(found).filter((name) => found[name] !== expected[name]);
      const table = surviving();
      const surprising = different.filter((name) => !table.includes(name));
      expect(surprising.map((name) => [name, expected[name], found[name]])).toEqual([]);
      // And the table says no more than is so.
      expect(table.filter((name) => !different.includes(name))).toEqual([]);
    });

    test.each(["chief", "walker", "keeper"])(
      "and is not used again after %s, who may leave more",
      async (user) => {
        const first = await visit(gate, { user });
        expect(await visit(gate, { user })).not.toBe(first);
      },
    );

    test.each(lasting)("and is not used again after %s", async (sql) => {
      const first = await visit(gate, { user: "app" }, async (client) => await client.simpleQuery(sql));
      expect(await visit(gate, { user: "app" })).not.toBe(first);
    });
  },
);
