import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled, startPostgres } from "@sallyport/testkit";
import type { Major, TestPostgres } from "@sallyport/testkit";
import { ServerError } from "@sallyport/wire";
import type { Client } from "@sallyport/wire";
import { run, setUp, startGate } from "../gate.ts";
import type { TestGate } from "../gate.ts";
import { ask, enter, pidOf, visit } from "./guest.ts";
import { probes, seededValues, traces } from "./probe.ts";

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

async function answers(client: Client, seeded: string): Promise<Record<string, string>> {
  const all: Record<string, string> = { told: JSON.stringify([...client.parameters].toSorted()) };
  for (const [name, sql] of Object.entries(probes))
    all[name] = await answerOf(client, sql.replace("$seeded", seeded));
  return all;
}

async function leaveTraces(client: Client): Promise<void> {
  for (const sql of traces)
    await client.simpleQuery(sql).catch((error: unknown) => {
      if (!(error instanceof ServerError)) throw error;
    });
}

const majors = ([10, 13, 16, 18] as const).filter((major) => isInstalled({ major }));

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
      ]);
      await server.psql([
        "-d",
        "shop",
        ...[
          "create sequence numbers",
          "grant all on sequence numbers to public",
          "create extension dblink",
        ].flatMap((sql) => ["-c", sql]),
      ]);
      gate = await startGate(server, { hba, conf: "pool_mode = session\n" });
    });

    afterAll(async () => {
      await gate?.[Symbol.asyncDispose]();
      await server?.stop();
    });

    test.each(["app", "chief"])("for %s, but for the rows of the table", async (user) => {
      const fresh = await enter(gate, { user, parameters: [["application_name", "probe"]] });
      const seeded = (await ask(fresh, seededValues)) ?? "";
      await fresh.close();
      const untouched = await enter(gate, { user, parameters: [["application_name", "fresh"]] });
      const expected = await answers(untouched, seeded);
      await untouched.close();
      // Of the same birth but for the name, which is told apart below.
      const first = await visit(gate, { user, parameters: [["application_name", "again"]] }, leaveTraces);
      const reused = await enter(gate, { user, parameters: [["application_name", "again"]] });
      const found = await answers(reused, seeded);
      expect(await pidOf(reused)).toBe(first);
      await reused.close();
      const alike = Object.fromEntries(
        Object.entries(found).map(([name, value]) => [name, value.replaceAll("again", "fresh")]),
      );
      const different = Object.keys(alike).filter((name) => alike[name] !== expected[name]);
      const table = surviving();
      expect(
        different.filter((name) => !table.includes(name)).map((name) => [name, expected[name], alike[name]]),
      ).toEqual([]);
      // And the table says no more than is so, where a superuser can do all of it.
      if (user === "chief" && major === 18) expect(different.toSorted()).toEqual(table.toSorted());
    });
  },
);
