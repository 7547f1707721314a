import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileFindingKinds } from "@sallyport/analysis";
import { findingKinds } from "@sallyport/gateway/findings";
import { command, tempDirectory } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { inShell } from "../../packages/sallyport/test/cli.ts";
import { fencedBlocks, outputPattern, readPage, root, shellBlocks } from "./page.ts";

const kinds = { ...findingKinds, ...fileFindingKinds };

test("docs/check.md has the findings that there are, in their order", () => {
  const rows = readPage("docs/check.md")
    .split("\n")
    .flatMap((line) => {
      const [, id, severity, what, toDo] = /^\| `([a-z0-9-]+)` \| (\w+) \| (.+) \| (.+) \|$/.exec(line) ?? [];
      return id === undefined ? [] : [[id, { severity, what, toDo }]];
    });
  expect(rows).toEqual(
    Object.entries(kinds).map(([id, { severity, what, toDo }]) => [id, { severity, what, toDo }]),
  );
});

test("it names each reference once, with the findings that have it", () => {
  const page = readPage("docs/check.md");
  for (const [id, { references = [] }] of Object.entries(fileFindingKinds)) {
    for (const reference of references) {
      const rows = page.split("\n").filter((line) => line.startsWith(`| ${reference} |`));
      expect(rows).toEqual([expect.stringContaining(`\`${id}\``)]);
    }
  }
});

test("every finding has a test of its own", () => {
  const files = [
    "check",
    "check-auth-file",
    "check-findings",
    "check-gss",
    "check-oauth",
    "check-places",
    "check-tls",
    "check-upstream",
  ];
  const tests = files.map((name) => readPage(`packages/sallyport/test/${name}.test.ts`)).join("");
  const without = Object.keys(kinds).filter((id) => !new RegExp(String.raw`\b${id}\b`).test(tests));
  expect(without).toEqual([]);
});

test("its commands print what it says", async () => {
  await using room = await tempDirectory();
  const blocks = shellBlocks(readPage("docs/check.md"));
  expect(blocks).toHaveLength(3);
  // The hook of git is a program of its own: it finds what is in the path.
  const bin = join(room.path, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "sallyport"), '#!/bin/sh\nexec "$NODE" "$PROGRAM" "$@"\n', {
    mode: 0o755,
  });
  const env = { HOME: room.path, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  for (const { line, commands, expected } of blocks) {
    // What a hook prints git prints as an error.
    const { stdout } = await inShell(`exec 2>&1\n${commands}`, { cwd: room.path, env });
    expect(stdout, `line ${line}`).toMatch(outputPattern(expected));
  }
});

test("what a workflow runs can be run", async () => {
  await using room = await tempDirectory();
  const runs = fencedBlocks(readPage("docs/check.md"))
    .filter(({ language }) => language === "yaml")
    .flatMap(({ body }) => [...body.matchAll(/^- run: (.*)$/gm)].map(([, run = ""]) => run));
  expect(runs).toHaveLength(2);
  const lines = [
    "echo 'host all all all trust' > pg_hba.conf",
    ...runs.map((run) => `${run}; echo status $?`),
  ];
  const { stdout, stderr } = await inShell([...lines, "head -c 1 sallyport.sarif"].join("\n"), {
    cwd: room.path,
  });
  expect(stderr).toBe("");
  expect(stdout).toBe(
    "::warning file=pg_hba.conf,line=1,col=18,endColumn=23,title=trust-remote::whoever comes from there is let in as any role that the line names%0AUse scram-sha-256, or another method that proves something.\nstatus 1\nstatus 0\n{",
  );
});

test("docs/check-examples.md is what check says of the fixtures", async () => {
  const made = await command(
    process.execPath,
    ["--conditions=sallyport-source", "tools/check-examples-page.mjs"],
    { cwd: root },
  );
  expect(made).toMatchObject({ status: 0, stderr: "" });
  expect(readPage("docs/check-examples.md"), "the page is old: npm run docs").toBe(made.stdout);
});
