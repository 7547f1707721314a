import { describe, expect, test } from "vitest";
import { poolerLines } from "./pooler-lines.ts";
import { found } from "./review.ts";

describe("what poolers read otherwise", () => {
  test.for(poolerLines)("%s", ([line, pgbouncer, pgpool]) => {
    const of = (pooler: "pgbouncer" | "pgpool"): string[] =>
      found(`${line}\n`, { poolers: [pooler] })
        .filter((text) => text.startsWith(pooler))
        .map((text) => text.slice(pooler.length + 1));
    expect(of("pgbouncer")).toEqual(pgbouncer === null ? [] : [pgbouncer]);
    expect(of("pgpool")).toEqual(pgpool === null ? [] : [pgpool]);
  });

  test("is only told if they are named", () => {
    expect(found("host d a all scram-sha-256\n")).toEqual([]);
  });

  test("neither reads included files", () => {
    const files = { "/etc/more": { bytes: "host d a 10.0.0.0/8 scram-sha-256\n" } };
    expect(found("include more\n", { files, poolers: ["pgbouncer", "pgpool"] })).toEqual([
      "pgbouncer-skips host",
      "pgpool-refuses host",
    ]);
  });
});
