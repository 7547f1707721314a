import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { loadOs, notify } from "../src/os/index.ts";
import { datagramReader } from "./datagram-reader.ts";

let room: TempDirectory;

beforeEach(async () => {
  room = await tempDirectory();
  if (!(await loadOs())) throw new Error("koffi cannot be used");
});

afterEach(async () => {
  await room.remove();
});

describe("a message to the service manager", { timeout: 30_000 }, () => {
  test.each([
    ["a path", () => join(room.path, "notify")],
    ["an abstract address", () => `@sallyport-test-notify-${process.pid}`],
  ])("goes to %s, as it is", async (_, address) => {
    await using reader = await datagramReader(address());
    expect(notify(address(), "READY=1\nSTATUS=J\u00f6rg is in\n")).toBe(null);
    await reader.has("READY=1\nSTATUS=J\u00f6rg is in\n");
    expect(notify(address(), "STOPPING=1\n")).toBe(null);
    await reader.has("in\nSTOPPING=1\n");
  });

  test("that nobody can get is an answer and no exception", () => {
    expect(notify(join(room.path, "absent"), "READY=1")).toBe("No such file or directory");
    expect(notify("@nobody-listens-here", "READY=1")).toBe("Connection refused");
    for (const address of [
      "vsock:2:1",
      "relative",
      "",
      "/with\0nul",
      `/${"x".repeat(107)}`,
      `@${"x".repeat(108)}`,
    ]) {
      expect(notify(address, "READY=1")).toBe(`"${address}" is not the address of a Unix socket`);
    }
  });

  test("is lost, and not waited for, if nobody reads", async () => {
    const address = join(room.path, "deaf");
    await using reader = await datagramReader(address);
    reader.freeze();
    const answers = new Set<string | null>();
    for (let n = 0; n < 5000 && answers.size < 2; n += 1) answers.add(notify(address, "x".repeat(4096)));
    expect([...answers]).toEqual([null, "Resource temporarily unavailable"]);
  });
});
