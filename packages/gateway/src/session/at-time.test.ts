import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { atTime } from "./at-time.ts";

const start = new Date("2026-11-29T12:00:00Z");
const hour = 3_600_000;

describe("something is done at a time", () => {
  let done = 0;
  const work = (): void => void (done += 1);
  const clock = (): Date => new Date();
  beforeEach(() => {
    done = 0;
    vi.useFakeTimers({ now: start });
  });
  afterEach(() => void vi.useRealTimers());

  test("once, and not before", () => {
    atTime(new Date(start.getTime() + hour), clock, work);
    vi.advanceTimersByTime(hour - 1);
    expect(done).toBe(0);
    vi.advanceTimersByTime(1 + hour);
    expect(done).toBe(1);
  });

  test("that is past: at once, and never before whoever asks can cancel it", () => {
    atTime(new Date(0), clock, work);
    expect(done).toBe(0);
    vi.advanceTimersByTime(1);
    expect(done).toBe(1);
  });

  test("beyond what a timer takes, and beyond what a clock shows", () => {
    atTime(new Date(start.getTime() + 60 * 24 * hour), clock, work);
    atTime(new Date(8.64e15), clock, work);
    vi.advanceTimersByTime(60 * 24 * hour - 1);
    expect(done).toBe(0);
    vi.advanceTimersByTime(1);
    expect(done).toBe(1);
    vi.clearAllTimers();
  });

  test("of a clock that was set forward meanwhile", () => {
    atTime(new Date(start.getTime() + 24 * hour), clock, work);
    vi.setSystemTime(start.getTime() + 25 * hour);
    vi.advanceTimersByTime(60_000);
    expect(done).toBe(1);
  });

  test("unless it was cancelled", () => {
    const timer = atTime(new Date(start.getTime() + hour), clock, work);
    vi.advanceTimersByTime(hour / 2);
    timer.cancel();
    vi.advanceTimersByTime(hour);
    expect([done, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
