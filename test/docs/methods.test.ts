import { expect, test } from "vitest";
import { methodFailure, methods } from "@sallyport/policy";
import type { Method } from "@sallyport/policy";
import { tempDirectory } from "@sallyport/testkit";
import { gateFiles } from "../../packages/gateway/test/gate.ts";
import { fencedBlocks, readPage } from "./page.ts";

const all = Object.keys(methods) as Method[];
const elsewhere: ReadonlySet<Method> = new Set(["sspi", "bsd"]);
const pageOf = (method: Method): string => readPage(`docs/methods/${method}.md`);

/** What a gate needs so that the lines of every page load. */
const conf = `upstream = 'host=/nowhere'
upstream_auth = service
ssl = on
`;

test("the table has a row for each method, and no other", () => {
  const rows = readPage("docs/methods/README.md").matchAll(/^\| \[([^\]]+)\]\(([^)]+)\.md\)/gm);
  const found = [...rows].map(([, name, file]) => (name === file ? name : `${name} at ${file}`));
  expect(new Set(found)).toEqual(new Set(all));
  expect(found).toHaveLength(all.length);
});

/** What stands in the blocks of a language on the page of a method. */
function written(method: Method, language: string): string {
  const blocks = fencedBlocks(pageOf(method)).filter((block) => block.language === language);
  return blocks.map(({ body }) => body).join("");
}

/** What is said about the lines of the page of a method when a gateway loads them, and whether it runs them. */
async function load(method: Method): Promise<{ readonly runs: boolean; readonly words: readonly string[] }> {
  await using room = await tempDirectory();
  const { policy, problems } = await gateFiles(room.path, {
    hba: written(method, "hba"),
    ident: written(method, "ident"),
    conf: conf + written(method, "conf"),
  });
  return { runs: policy !== null, words: problems.map(({ text }) => text) };
}

test.for(all)("docs/methods/%s.md begins with its name, and has a line of it", (method) => {
  expect(pageOf(method)).toMatch(new RegExp(`^# ${method}\n`));
  expect(written(method, "hba")).toMatch(new RegExp(` ${method}(?: |$)`, "m"));
});

test.for(all.filter((method) => !elsewhere.has(method)))(
  "docs/methods/%s.md has lines that this gateway runs",
  async (method) => {
    expect(await load(method)).toEqual({ runs: true, words: [] });
  },
);

test.for([...elsewhere])("docs/methods/%s.md says how its lines are refused", async (method) => {
  const { runs, words } = await load(method);
  expect([runs, words.length]).toEqual([false, 1]);
  expect(pageOf(method)).toContain(words[0]);
});

test.for(all.filter((method) => method !== "reject" && !elsewhere.has(method)))(
  "docs/methods/%s.md says what a client hears of a failure",
  (method) => {
    expect(pageOf(method)).toContain(methodFailure(method, "").message.replace(/""$/, ""));
  },
);
