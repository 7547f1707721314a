import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { setTcpOptions } from "./tcp-options.ts";

/** What is set, in its order. */
function set(settings: Readonly<Record<string, string>>, failure: string | null = null): readonly string[] {
  const calls: string[] = [];
  setTcpOptions(new Socket(), new Map(Object.entries(settings)), (_, option, value) => {
    calls.push(`${option}=${value}`);
    return failure;
  });
  return calls;
}

describe("a connection to a server", () => {
  test("has what its connection string says", () => {
    const all = {
      keepalives_idle: "7",
      keepalives_interval: "3",
      keepalives_count: "2",
      tcp_user_timeout: "9000",
    };
    expect(set(all)).toEqual(["TCP_KEEPIDLE=7", "TCP_KEEPINTVL=3", "TCP_KEEPCNT=2", "TCP_USER_TIMEOUT=9000"]);
  });

  test("leaves to the system what is 0 or not said", () => {
    expect(set({})).toEqual([]);
    expect(set({ keepalives_idle: "0", keepalives_count: "-1", tcp_user_timeout: "0" })).toEqual([]);
  });

  test("has no times of a keep-alive that is turned off", () => {
    expect(set({ keepalives: "0", keepalives_idle: "7", tcp_user_timeout: "5" })).toEqual([
      "TCP_USER_TIMEOUT=5",
    ]);
  });

  test("cannot be made if the system refuses one, or the value is no number", () => {
    const refused = "setsockopt(TCP_KEEPCNT) failed: Invalid argument";
    expect(() => set({ keepalives_count: "1000" }, refused)).toThrow(refused);
    expect(() => set({ keepalives_idle: "soon" })).toThrow('invalid integer value "soon"');
  });
});
