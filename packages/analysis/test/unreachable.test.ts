import { assert, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { diff, fileFindingKinds, reportJson, reviewReport, sarifLog } from "../src/index.ts";
import type { FileFinding } from "../src/index.ts";
import { read, review } from "./review.ts";
import type { Reviewed } from "./review.ts";
import { everyPoint, naively, nothingKnown, policyOf, runs, smallRules, spaceOf } from "./universe.ts";

const scram = "scram-sha-256";
const ofReach = /^(?:unreachable-.*|matches-nobody)$/;

/** What is said of the reach of rules. */
function reach(hba: string, options: Reviewed = {}): readonly FileFinding[] {
  return review(hba, { ...options, reach: true }).filter(({ id }) => ofReach.test(id));
}

function shortly(hba: string, options: Reviewed = {}): string[] {
  return reach(hba, options).map(({ id, place, coveredBy }) => {
    const by = coveredBy.map(({ lineNumber }) => lineNumber).join(",");
    return `${place.lineNumber} ${id}${by && ` by ${by}`}`;
  });
}

describe("a line that never decides", () => {
  test("names those that do, and they are the places that cover it", () => {
    const hba = [
      `host all all 10.0.0.0/9 ${scram}`,
      `host all all 10.128.0.0/9 ${scram}`,
      "host all bob 10.0.0.0/8 reject # nobody knows why",
    ].join("\n");
    const [finding, ...more] = reach(hba);
    expect([finding?.message, finding?.severity, finding?.excerpt, finding?.fix, more]).toEqual([
      "this line never decides: pg_hba.conf:1 and pg_hba.conf:2 decide about all that it matches, with another outcome",
      "warning",
      [
        "host all bob 10.0.0.0/8 reject # nobody knows why",
        "^".repeat("host all bob 10.0.0.0/8 reject".length),
      ],
      null,
      [],
    ]);
    expect(finding?.coveredBy).toEqual([
      { fileName: "/etc/pg_hba.conf", lineNumber: 1, column: 1, endColumn: 38 },
      { fileName: "/etc/pg_hba.conf", lineNumber: 2, column: 1, endColumn: 40 },
    ]);
  });

  test("is to be removed, with its comment, if it leads to what they lead to", () => {
    const line = `  local all bob ${scram} # for the job`;
    const [finding] = reach(`local all all ${scram}\n${line}\n`);
    expect([finding?.id, finding?.severity, finding?.fix]).toEqual([
      "unreachable-same",
      "info",
      {
        place: { fileName: "/etc/pg_hba.conf", lineNumber: 2, column: 1, endColumn: line.length + 1 },
        text: "",
      },
    ]);
  });

  test.for<[string, string]>([
    ["options count", "host all all all pam\nhost all bob all pam pamservice=x\n"],
    ["so does a map", "local all all peer\nlocal all bob peer map=m\n"],
    [
      "and one of several that differs",
      `host all a all md5\nhost all b all ${scram}\nhost all a,b all md5\n`,
    ],
  ])("%s", ([, hba]) => {
    expect(shortly(hba).map((text) => text.split(" ")[1])).toEqual(["unreachable-differs"]);
  });

  test("of many that decide some are named, and the rest counted", () => {
    const lines = Array.from({ length: 6 }, (_, at) => `local all u${at} ${scram}`);
    const [finding] = reach([...lines, `local all u0,u1,u2,u3,u4,u5 ${scram}`].join("\n"));
    expect(finding?.message).toContain("pg_hba.conf:1, pg_hba.conf:2, pg_hba.conf:3 and 3 more decide about");
    expect(finding?.coveredBy).toHaveLength(6);
  });

  test("in files that are included, too", () => {
    const files = { "/etc/more": { bytes: `local all all ${scram}\n` } };
    const [finding] = reach(`include more\nlocal all bob ${scram}\n`, { files });
    expect(finding?.message).toContain("more:1 decides about");
    expect(finding?.coveredBy.map(({ fileName }) => fileName)).toEqual(["/etc/more"]);
  });

  test("may be continued: then nothing is offered, since a fix is on one line", () => {
    const [finding] = reach(`local all all ${scram}\nlocal all \\\nbob ${scram}\n`);
    expect([finding?.id, finding?.fix]).toEqual(["unreachable-same", null]);
  });

  test("may be in a file that is included twice: the line decides in the other place, and stays", () => {
    const files = { "/etc/more": { bytes: `local all all ${scram}\n` } };
    const [finding] = reach("include more\ninclude more\nhost all all all reject\n", { files });
    expect([finding?.id, finding?.place.fileName, finding?.fix]).toEqual([
      "unreachable-same",
      "/etc/more",
      null,
    ]);
  });

  test("may be needed once TLS is on: then it stays", () => {
    const hba = "hostnossl all eve all reject\nhost all eve all reject\nhost all all all md5\n";
    const fixes = (ssl: boolean, text: string): unknown[] =>
      reach(text, { profile: { without: ["gssapi"], settings: { ssl } } }).map(({ id, fix }) => [
        id,
        fix === null,
      ]);
    expect(fixes(true, hba)).toEqual([]);
    expect(fixes(false, hba)).toEqual([["unreachable-same", true]]);
    expect(fixes(false, hba.replace("hostnossl", "host"))).toEqual([["unreachable-same", false]]);
  });

  test("may have a secret: then its end is not shown, and nothing offered", () => {
    const ldap = "ldap ldapserver=l ldapbasedn=x ldapbindpasswd=hunter2";
    const [finding] = reach(`host all all all ${ldap}\nhost all bob all ${ldap}\n`);
    expect([finding?.id, finding?.fix]).toEqual(["unreachable-same", null]);
    expect(JSON.stringify(finding)).not.toContain("hunter2");
    expect(finding?.place.endColumn).toBe(`host all bob all ${ldap}`.indexOf("=hunter2") + 1);
  });
});

describe("a line that nobody is matched by", () => {
  test.for<[string, string]>([
    ["a name that nobody has", `local all "" ${scram}`],
    ["an expression that fits nothing", `local all /a^ ${scram}`],
  ])("%s", ([, hba]) => {
    expect(shortly(hba)).toEqual(["1 matches-nobody"]);
  });
});

describe("what depends on groups", () => {
  const hba = `local all +staff ${scram}\nlocal all bob ${scram}\nlocal all +empty ${scram}\n`;

  test("is not said while it is not known", () => {
    expect(shortly(hba)).toEqual([]);
  });

  test("is with a role catalogue", () => {
    const role = { login: true, superuser: false, replication: null, validUntil: null, secret: undefined };
    const roles = new Map([
      ["staff", { ...role, name: "staff", memberOf: [], inherits: [] }],
      ["bob", { ...role, name: "bob", memberOf: ["staff"], inherits: [] }],
    ]);
    expect(shortly(hba, { catalogue: { roles, databases: null } })).toEqual([
      "2 unreachable-same by 1",
      "3 matches-nobody",
    ]);
    // Who leaves the group would lose what the line gives, or takes.
    expect(reach(hba, { catalogue: { roles, databases: null } }).map(({ fix }) => fix)).toEqual([null, null]);
  });
});

test("what is near to the server is known with its addresses", () => {
  const hba = `host all all samenet ${scram}\nhost all bob 10.1.0.0/16 reject\nhost all all samehost reject\n`;
  const own = { ip: "\x0a\x01\x02\x03", mask: "\xff\xff\0\0" };
  expect(shortly(hba)).toEqual(["3 unreachable-differs by 1"]);
  expect(shortly(hba, { interfaces: [own] })).toEqual([
    "2 unreachable-differs by 1",
    "3 unreachable-differs by 1",
  ]);
});

test("nothing of lines that cannot come to this server: PostgreSQL warns of them", () => {
  const profile = { settings: { ssl: false } };
  expect(shortly(`hostssl all all all ${scram}\nhostssl all all all ${scram}\n`, { profile })).toEqual([]);
});

test("nothing where roles are those of a database", () => {
  const profile = { version: "15", settings: { db_user_namespace: true } };
  expect(shortly(`local all all ${scram}\nlocal all bob ${scram}\n`, { profile })).toEqual([]);
});

test("nothing of a file that does not load", () => {
  expect(shortly(`local all all ${scram}\nlocal all bob ${scram}\nlocal all bob scarm\n`)).toEqual([]);
});

test("no line of which something is said decides about any connection of a small world", () => {
  const points = everyPoint(nothingKnown);
  const space = spaceOf(nothingKnown);
  assert(
    property(smallRules(5), (lines) => {
      const said = reach(lines.join("\n")).map(({ place }) => place.lineNumber - 1);
      if (said.length === 0) return;
      const policy = policyOf(lines.join("\n"));
      const decided = new Set(points.map((point) => naively(policy, point, space)));
      expect(said.filter((place) => decided.has(place))).toEqual([]);
    }),
    runs(30),
  );
});

test("what is offered, done everywhere at once, changes nothing for anybody", () => {
  assert(
    property(smallRules(6), (lines) => {
      const fixed = [...lines];
      for (const { fix } of reach(lines.join("\n"))) if (fix) fixed[fix.place.lineNumber - 1] = fix.text;
      if (fixed.join() === lines.join()) return;
      const [old, now] = [policyOf(lines.join("\n")), policyOf(fixed.join("\n"))];
      expect(diff(old, now, nothingKnown)).toMatchObject({ changes: [], undecided: [] });
    }),
    runs(60),
  );
});

test("JSON and SARIF have the places of the lines that decide", () => {
  const { reading, disk } = read(`local all all ${scram}\nlocal all bob reject\n`);
  const context = { catalogue: null, interfaces: null, poolers: new Set<never>(), kinds: fileFindingKinds };
  const none = { findings: [], files: [], notChecked: [] };
  const report = reviewReport(none, { reading, disk, ...context, wasLookedFor: () => false });
  expect(reportJson(report, fileFindingKinds).findings).toMatchObject([
    { id: "unreachable-differs", covered_by: [{ file_name: "/etc/pg_hba.conf", line_number: 1 }] },
  ]);
  const log = sarifLog(report, { version: "1", uriOf: (file) => file, kinds: fileFindingKinds });
  const startLine = { physicalLocation: { region: { startLine: 1 } } };
  expect(log).toMatchObject({ runs: [{ results: [{ relatedLocations: [startLine] }] }] });
});
