import { describe, expect, test } from "vitest";
import { fileFindingKinds, reviewReport } from "../src/index.ts";
import type { Report, ReportedFinding } from "../src/index.ts";
import { read } from "./review.ts";
import type { Reviewed } from "./review.ts";

const kinds = {
  ...fileFindingKinds,
  "hba-refused": { severity: "error", what: "", toDo: "" },
  "of-the-gate": { severity: "warning", what: "", toDo: "" },
} as const;

function report(hba: string, options: Reviewed = {}, before: readonly ReportedFinding[] = []): Report {
  const { reading, disk } = read(hba, options);
  return reviewReport(
    { findings: before, files: [], notChecked: [] },
    {
      reading,
      disk,
      catalogue: null,
      interfaces: null,
      poolers: new Set(),
      kinds,
      wasLookedFor: (id) => id !== "of-the-gate",
    },
  );
}

function ids({ findings }: Report): string[] {
  return findings.map(({ id, place, message }) =>
    id.startsWith("ignore-") ? `${id} ${place?.lineNumber}: ${message}` : `${id} ${place?.lineNumber}`,
  );
}

const trust = "host all bob 10.0.0.0/8 trust";
const another = "host all ann 10.0.0.0/8 trust";

describe("a comment on the line", () => {
  test("ignores what it names, and gives its reason on", () => {
    const { findings, ignored } = report(`${trust} # sallyport: ignore trust-remote -- build hosts only\n`);
    expect(findings).toEqual([]);
    expect(ignored.map(({ finding, reason, place }) => [finding.id, reason, place.column])).toEqual([
      ["trust-remote", "build hosts only", 31],
    ]);
  });

  test.for([
    "# sallyport: ignore trust-remote,host-bits -- x",
    "#sallyport:ignore trust-remote  host-bits  --  x",
    "# sallyport: ignore trust-remote, host-bits -- x -- y",
  ])("may name several: %s", (comment) => {
    const said = report(`host all bob 10.1.2.3/8 trust ${comment}\n`);
    expect([ids(said), said.ignored.length]).toEqual([[], 2]);
  });

  test("is about that line alone", () => {
    const said = report(`${trust} # sallyport: ignore trust-remote -- x\n${another}\n`);
    expect([ids(said), said.ignored.length]).toEqual([["trust-remote 2"], 1]);
  });

  test("counts on every part of a line that is continued", () => {
    const said = report(
      "host all bob \\\n10.1.2.3/8 \\\ntrust # sallyport: ignore host-bits, trust-remote -- x\n",
    );
    expect([ids(said), said.ignored.length]).toEqual([[], 2]);
  });

  test("is none inside quotes", () => {
    expect(ids(report('local "# sallyport: ignore trust-local -- x" bob trust\n'))).toEqual([
      "trust-local 1",
    ]);
  });
});

describe("a comment that stands alone", () => {
  test("is about the next line with a record", () => {
    const said = report(`# sallyport: ignore trust-remote -- x\n\n# more\n${trust}\n${another}\n`);
    expect([ids(said), said.ignored.length]).toEqual([["trust-remote 5"], 1]);
  });

  test("several add up", () => {
    const said = report(
      "# sallyport: ignore host-bits -- x\n# sallyport: ignore trust-remote -- y\nhost all bob 10.1.2.3/8 trust\n",
    );
    expect(said.ignored.map(({ reason }) => reason).toSorted()).toEqual(["x", "y"]);
  });

  test("is of no use behind the last line", () => {
    expect(ids(report("local all all peer\n# sallyport: ignore trust-local -- x\n"))).toEqual([
      "ignore-refused 2: the comment is not followed: no line follows it",
    ]);
  });
});

test("ignore-file is about all of its file, and in the main file about what stands on no line", () => {
  const files = { "/etc/more": { bytes: "host all eve 10.0.0.0/8 trust\n" } };
  const nowhere: ReportedFinding = {
    id: "one-family",
    severity: "info",
    message: "",
    detail: null,
    hint: null,
    place: null,
    excerpt: null,
  };
  const said = report(
    `# sallyport: ignore-file trust-remote, one-family -- x\ninclude more\n${trust}\n${another}\n`,
    { files },
    [nowhere],
  );
  expect(said.findings.map(({ id, place }) => [id, place?.fileName])).toEqual([
    ["trust-remote", "/etc/more"],
  ]);
  expect(said.ignored).toHaveLength(3);
});

test("pg_ident.conf and included files have comments, too", () => {
  const files = { "/etc/more": { bytes: `${trust} # sallyport: ignore trust-remote -- x\n` } };
  const said = report("include more\nlocal all all peer map=m\n", {
    files,
    ident: "m a b c # sallyport: ignore extra-columns -- x\n",
  });
  expect([ids(said), said.ignored.length]).toEqual([[], 2]);
});

describe("a comment that is not followed", () => {
  test.for([
    ["ignore trust-remote", "it gives no reason"],
    ["ignore trust-remote --", "it gives no reason"],
    ["ignore -- because", "it names no finding"],
    ["ignore", "it names no finding"],
    ["silence trust-remote -- x", '"silence" is neither ignore nor ignore-file'],
    ["ignore trust-remot -- x", '"trust-remot" is no finding that there is to ignore'],
    ["ignore ignore-unused -- x", '"ignore-unused" is no finding that there is to ignore'],
    ["ignore hba-refused -- x", "hba-refused is an error"],
  ] as const)("%s: %s", ([text, why]) => {
    expect(ids(report(`${trust} # sallyport: ${text}\n`))).toEqual([
      "trust-remote 1",
      `ignore-refused 1: the comment is not followed: ${why}`,
    ]);
  });

  test("what is right in it is followed all the same", () => {
    const said = report(`${trust} # sallyport: ignore trust-remote, nonsense -- x\n`);
    expect([ids(said), said.ignored.length]).toEqual([
      ['ignore-refused 1: the comment is not followed: "nonsense" is no finding that there is to ignore'],
      1,
    ]);
  });
});

test("a comment that ignores nothing is told, unless nobody has looked", () => {
  expect(ids(report("local all all peer # sallyport: ignore trust-local -- x\n"))).toEqual([
    "ignore-unused 1: there is no trust-local on its line",
  ]);
  expect(ids(report("local all all peer # sallyport: ignore of-the-gate, pgpool-refuses -- x\n"))).toEqual(
    [],
  );
});

test("errors are never ignored", () => {
  const error: ReportedFinding = {
    id: "one-family",
    severity: "error",
    message: "",
    detail: null,
    hint: null,
    place: { fileName: "/etc/pg_hba.conf", lineNumber: 1, column: 1, endColumn: 2 },
    excerpt: null,
  };
  const said = report("local all all peer # sallyport: ignore one-family -- x\n", {}, [error]);
  expect(said.findings.map(({ id }) => id)).toEqual(["one-family", "ignore-unused"]);
});

test("of one id a thousand are told", () => {
  const said = report(Array.from({ length: 1200 }, (_, at) => `local all u${at} md5\n`).join(""));
  expect([said.findings.length, said.notTold]).toEqual([1000, ["200 more of md5-local"]]);
});
