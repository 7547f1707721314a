import { expect, test } from "vitest";
import { deadlineOf } from "./deadline.ts";

const start = { now: 1000, end: 7000, lanes: 2, running: [], waiting: [] };

test("contests of the same weight have the same time", () => {
  expect(deadlineOf(1, { ...start, waiting: [1, 1, 1] })).toBe(4000);
  expect(deadlineOf(1, { ...start, running: [4000], waiting: [1, 1] })).toBe(4000);
  expect(deadlineOf(1, { ...start, now: 4000, running: [4000], waiting: [1] })).toBe(7000);
});

test("a heavier one has more", () => {
  expect(deadlineOf(3, { ...start, waiting: [3, 6] })).toBe(4000);
});

test("time that one did not use, the others have", () => {
  expect(deadlineOf(1, { ...start, now: 2000, running: [4000], waiting: [1, 1] })).toBe(4667);
});

test("none goes on beyond the end, and none ends before it begins", () => {
  expect(deadlineOf(1, start)).toBe(7000);
  expect(deadlineOf(1, { ...start, now: 8000 })).toBe(8000);
});
