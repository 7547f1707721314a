import { array, asyncProperty, assert, dictionary, jsonValue, oneof, string } from "fast-check";
import { expect, test } from "vitest";
import { printJsonDocument } from "./json-document.ts";

async function printed(parts: Parameters<typeof printJsonDocument>[1]): Promise<string[]> {
  const pieces: string[] = [];
  await printJsonDocument({ stdout: (text) => void pieces.push(String(text)) }, parts);
  return pieces;
}

test("it is what JSON.stringify makes", async () => {
  await assert(
    asyncProperty(
      dictionary(string(), oneof(jsonValue(), array(jsonValue())), { minKeys: 1, noNullPrototype: true }),
      async (parts) => {
        expect((await printed(parts)).join("")).toBe(`${JSON.stringify(parts, null, 2)}\n`);
      },
    ),
  );
});

test("a long list is gone through once, and is printed in pieces", async () => {
  const many = Array.from({ length: 10_000 }, (_, at) => ({ at, name: "x".repeat(20) }));
  const pieces = await printed({ many: many.values(), none: [].values(), count: many.length });
  expect(JSON.parse(pieces.join(""))).toEqual({ many, none: [], count: many.length });
  expect(pieces.length).toBeGreaterThan(5);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(70_000);
});
