import { describe, expect, test } from "vitest";
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
oauth_validator_libraries = 'jwt'
`;

test("the table has a row for each method, and no other", () => {
  const rows = readPage("docs/methods/README.md").matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm);
  expect([...rows].map(([, name, file]) => [name, file]).toSorted()).toEqual(
    all.map((method) => [method, `${method}.md`]).toSorted(),
  );
});

describe.for(all)("docs/methods/%s.md", (method) => {
  const text = (language: string): string =>
    fencedBlocks(pageOf(method))
      .filter((block) => block.language === language)
      .map(({ body }) => body)
      .join("");

  test("begins with its name, and has a line of it", () => {
    expect(pageOf(method)).toMatch(new RegExp(`^# ${method}\n`));
    expect(text("hba")).toMatch(new RegExp(` ${method}(?: |$)`, "m"));
  });

  test(
    elsewhere.has(method) ? "says how its lines are refused" : "has lines that this gateway runs",
    async () => {
      await using room = await tempDirectory();
      const { policy, problems } = await gateFiles(room.path, {
        hba: text("hba"),
        ident: text("ident"),
        conf: conf + text("conf"),
      });
      const refused = elsewhere.has(method);
      expect(policy === null).toBe(refused);
      const words = problems.map((problem) => problem.text);
      if (!refused) expect(words).toEqual([]);
      for (const word of words) expect(pageOf(method)).toContain(word);
    },
  );

  test.skipIf(elsewhere.has(method) || method === "reject")("says what a client hears of a failure", () => {
    const words = methodFailure(method, "").message.replace(/""$/, "");
    expect(pageOf(method)).toContain(words);
  });
});
