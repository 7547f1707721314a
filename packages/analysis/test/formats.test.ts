import { describe, expect, test } from "vitest";
import { fileFindingKinds, githubLines, reportJson, reviewReport, sarifLog } from "../src/index.ts";
import type { Report } from "../src/index.ts";
import { read } from "./review.ts";

const hba = `host all /adm 10.1.2.3/8 scram-sha-256
host all bob 10.0.0.0/8 trust # sallyport: ignore trust-remote -- build hosts
local all bob md5
`;

function report(): Report {
  const { reading, disk } = read(hba);
  const gate = {
    id: "of-the-gate",
    severity: "error",
    message: "two lines,\n50% of it",
    detail: null,
    hint: "none: at all",
    place: null,
    excerpt: null,
  } as const;
  return reviewReport(
    { findings: [gate], files: [], notChecked: ["the upstream: --offline"] },
    {
      reading,
      disk,
      catalogue: null,
      interfaces: null,
      poolers: new Set(),
      kinds: fileFindingKinds,
      wasLookedFor: () => true,
    },
  );
}

const uriOf = (fileName: string): string => fileName.replace("/etc/", "");

test("github: an annotation a line, with what would end it written otherwise", () => {
  expect(githubLines(report(), uriOf)).toEqual([
    "::warning file=pg_hba.conf,line=1,col=10,endColumn=14,title=regex-unanchored::the expression matches any name with a part that fits%0AWrite /^adm$ for whole names, or /.*adm.* if any part is meant.",
    "::warning file=pg_hba.conf,line=1,col=15,endColumn=25,title=host-bits::10.1.2.3/8 is all of 10.0.0.0/8: the bits behind the prefix do not count%0AWrite 10.0.0.0/8, or 10.1.2.3/32 if this one host is meant.",
    "::notice file=pg_hba.conf,line=3,col=15,endColumn=18,title=md5-local::roles whose password is kept as an MD5 hash log in with that hash%0ARoles with a SCRAM secret use SCRAM by this line, too: when all have one, write scram-sha-256.",
    "::error title=of-the-gate::two lines,%0A50%25 of it%0Anone: at all",
  ]);
  const [line] = githubLines(report(), () => "a,b:c%");
  expect(line).toContain("file=a%2Cb%3Ac%25,line=1,");
});

test("json: what was ignored has its reason, and what can be written otherwise a fix", () => {
  const { findings, ignored, summary } = reportJson(report(), fileFindingKinds);
  expect(findings.find(({ id }) => id === "host-bits")?.fix).toEqual({
    place: { file_name: "/etc/pg_hba.conf", line_number: 1, column: 15, end_column: 25 },
    text: "10.0.0.0/8",
  });
  expect(ignored.map(({ id, reason }) => [id, reason])).toEqual([["trust-remote", "build hosts"]]);
  expect(summary).toMatchObject({ errors: 1, warnings: 2, infos: 1, ignored: 1 });
});

describe("sarif", () => {
  /** As a program reads it: all that is undefined is gone. */
  const log = JSON.parse(
    JSON.stringify(sarifLog(report(), { version: "1.2.3", uriOf, kinds: fileFindingKinds })),
  ) as Log;
  const [run] = log.runs;

  test("is a log of version 2.1.0 with one run of one tool", () => {
    expect(log.version).toBe("2.1.0");
    expect(log.$schema).toMatch(/sarif-2\.1\.0\.json$/);
    expect(log.runs).toHaveLength(1);
    expect(run?.tool.driver).toMatchObject({ name: "sallyport", version: "1.2.3" });
    expect(run?.columnKind).toBe("unicodeCodePoints");
  });

  test("has a rule for each id, with a description, help and a level", () => {
    const rules = run?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(Object.keys(fileFindingKinds));
    for (const rule of rules) {
      for (const text of [rule.shortDescription.text, rule.fullDescription.text, rule.help.text]) {
        expect(text).toMatch(/\S.*[^:]$/s);
        expect(text).not.toContain("`");
      }
      expect(rule.help.markdown).toContain("\n");
      expect(["error", "warning", "note"]).toContain(rule.defaultConfiguration.level);
    }
  });

  test("has a result for each finding: rule, level, message, place", () => {
    const results = run?.results ?? [];
    expect(results.map(({ ruleId }) => ruleId)).toEqual([
      "regex-unanchored",
      "host-bits",
      "md5-local",
      "of-the-gate",
      "trust-remote",
    ]);
    const ruleIds = run?.tool.driver.rules.map(({ id }) => id) ?? [];
    for (const { ruleId, ruleIndex, level, message, locations = [] } of results) {
      expect(ruleIndex).toBe(ruleId === "of-the-gate" ? undefined : ruleIds.indexOf(ruleId));
      expect(["error", "warning", "note"]).toContain(level);
      expect(message.text).not.toBe("");
      for (const { physicalLocation } of locations) {
        expect(physicalLocation.artifactLocation.uri).toBe("pg_hba.conf");
        const { startLine, startColumn, endColumn } = physicalLocation.region;
        expect(Math.min(startLine, startColumn)).toBeGreaterThanOrEqual(1);
        expect(endColumn).toBeGreaterThanOrEqual(startColumn);
      }
    }
    expect(results[0]?.locations?.[0]?.physicalLocation.region).toEqual({
      startLine: 1,
      startColumn: 10,
      endColumn: 14,
    });
    expect(results[3]).toMatchObject({ level: "error" });
    expect(results[3]).not.toHaveProperty("locations");
  });

  test("suppresses what a comment ignores, and nothing else", () => {
    const suppressed = (run?.results ?? []).filter(({ suppressions }) => suppressions.length > 0);
    expect(suppressed.map(({ ruleId }) => ruleId)).toEqual(["trust-remote"]);
    expect(suppressed[0]?.suppressions).toMatchObject([
      { kind: "inSource", status: "accepted", justification: "build hosts" },
    ]);
  });

  test("has a fix where there is one, and a note of what was not checked", () => {
    expect(run?.results[1]?.fixes).toEqual([
      {
        description: { text: "Write 10.0.0.0/8." },
        artifactChanges: [
          {
            artifactLocation: { uri: "pg_hba.conf" },
            replacements: [
              {
                deletedRegion: { startLine: 1, startColumn: 15, endColumn: 25 },
                insertedContent: { text: "10.0.0.0/8" },
              },
            ],
          },
        ],
      },
    ]);
    expect(run?.invocations).toEqual([
      {
        executionSuccessful: true,
        toolExecutionNotifications: [
          { level: "note", message: { text: "not checked: the upstream: --offline" } },
        ],
      },
    ]);
  });
});

/** What of a log is looked at here (SARIF 2.1.0, 3.13 and on). */
interface Log {
  readonly version: string;
  readonly $schema: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly rules: readonly {
          readonly id: string;
          readonly shortDescription: Text;
          readonly fullDescription: Text;
          readonly help: Text & { readonly markdown: string };
          readonly defaultConfiguration: { readonly level: string };
        }[];
      };
    };
    readonly columnKind: string;
    readonly invocations: unknown;
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex?: number;
      readonly level: string;
      readonly message: Text;
      readonly locations?: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: {
            readonly startLine: number;
            readonly startColumn: number;
            readonly endColumn: number;
          };
        };
      }[];
      readonly suppressions: readonly unknown[];
      readonly fixes?: unknown;
    }[];
  }[];
}

interface Text {
  readonly text: string;
}
