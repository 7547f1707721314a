import { expect, test } from "vitest";
import { filesCalled, shortFileName } from "./rule-lines.ts";
import type { RuleLines } from "./rule-lines.ts";

const [main, other, local] = [
  "/etc/pg/pg_hba.conf",
  "/etc/pg/conf.d/pg_hba.conf",
  "/etc/pg/conf.d/local.conf",
];
const lines: RuleLines = new Map([main, other, local].map((file) => [file, new Set([1])]));

test("a file is called by its whole path, or by the end of it", () => {
  expect(filesCalled(lines, "local.conf")).toEqual([local]);
  expect(filesCalled(lines, "conf.d/pg_hba.conf")).toEqual([other]);
  expect(filesCalled(lines, main)).toEqual([main]);
  expect(filesCalled(lines, "./conf.d/local.conf")).toEqual([local]);
});

test("a name may be that of several files, or of none", () => {
  expect(filesCalled(lines, "pg_hba.conf")).toEqual([main, other]);
  expect(filesCalled(lines, "hba.conf")).toEqual([]);
  expect(filesCalled(lines, "/pg_hba.conf")).toEqual([]);
});

test("files are shown by what no other one is called", () => {
  expect([main, other, local].map((file) => shortFileName(lines, file))).toEqual([
    "pg/pg_hba.conf",
    "conf.d/pg_hba.conf",
    "local.conf",
  ]);
  expect(shortFileName(new Map([["/pg_hba.conf", new Set([1])]]), "/pg_hba.conf")).toBe("/pg_hba.conf");
});
