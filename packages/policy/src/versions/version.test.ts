import { expect, test } from "vitest";
import { isFrom, parseVersion } from "./version.ts";

test.each([
  ["16.9", { major: 16, minor: 9 }],
  ["160009", { major: 16, minor: 9 }],
  ["100023", { major: 10, minor: 23 }],
  ["19rc1", { major: 19, minor: 0 }],
  ["18beta2", { major: 18, minor: 0 }],
])("%s is a release", (text, version) => {
  expect(parseVersion(text)).toEqual(version);
});

test("a major alone is its newest release", () => {
  const newest = parseVersion("13");
  expect(newest?.major).toBe(13);
  expect(newest && isFrom(newest, "13.23")).toBe(true);
});

test.each(["", "9.6", "9", "18.", "18.4.1", "sixteen", "1600", "160009.1", "16 ", "018"])(
  "%j is none",
  (text) => {
    expect(parseVersion(text)).toBeNull();
  },
);

test.each([
  ["16.0", "16", true],
  ["17.3", "16", true],
  ["15.18", "16", false],
  ["13.19", "13.19", true],
  ["13.18", "13.19", false],
  ["14.0", "13.19", false],
])("%s has what came with %s: %s", (release, since, has) => {
  const version = parseVersion(release);
  expect(version && isFrom(version, since)).toBe(has);
});
