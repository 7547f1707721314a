import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

test("the minutes have to be said, the rest may be", () => {
  const few = { minutes: 0.5, only: undefined, majors: undefined, seed: 3 };
  expect(readOptions(["--minutes", "0.5"], 3)).toEqual(few);
  const all = ["--minutes", "30", "--only", "views,regex", "--majors", "13,18", "--seed", "7"];
  expect(readOptions(all, 3)).toEqual({ minutes: 30, only: ["views", "regex"], majors: [13, 18], seed: 7 });
});

test.each([
  [[], '--minutes wants a number, not ""'],
  [["--minutes", "-1"], "'--minutes' argument is ambiguous"],
  [["--minutes", "1", "--majors", "13,x"], '--majors wants a number, not "x"'],
  [["--minutes", "1", "--hours", "1"], "Unknown option '--hours'"],
])("%s is refused", (args, reason) => {
  expect(() => readOptions(args, 3)).toThrow(reason);
});
