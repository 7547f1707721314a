import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { utf8Text } from "@sallyport/policy";
import { createPace } from "@sallyport/policy/node";
import type { Pace } from "@sallyport/policy/node";
import { tempDirectory } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readHba, readIdent } from "../src/config/policy-files.ts";
import type { Settings } from "../src/index.ts";
import { gateFiles } from "./gate.ts";

let room: Awaited<ReturnType<typeof tempDirectory>>;
let settings: Settings;

beforeAll(async () => {
  room = await tempDirectory();
  ({ settings } = await gateFiles(room.path, {
    hba: "local all all peer\n",
    conf: "upstream = 'host=/x'\nupstream_auth = service\n",
  }));
});

afterAll(async () => {
  await room?.remove();
});

/** A pace by which a step takes a millisecond: how often did it give way, and how often did a timer fire then? */
function watchedPace(): {
  readonly pace: Pace;
  readonly gaveWay: () => number;
  readonly fired: () => number;
} {
  let [time, ticks, gaveWay, fired] = [0, 0, 0, 0];
  const timer = setInterval(() => (ticks += 1), 1);
  onTestFinished(() => clearInterval(timer));
  const pace = createPace({
    now: () => (time += 1),
    giveWay: async () => {
      const before = ticks;
      await setImmediate();
      gaveWay += 1;
      if (ticks > before) fired += 1;
    },
  });
  return { pace, gaveWay: () => gaveWay, fired: () => fired };
}

describe("while a large file is read, the event loop turns", { timeout: 120_000 }, () => {
  test("200,000 rules", async () => {
    await writeFile(utf8Text(settings.hba_file), "host all all 10.0.0.0/8 scram-sha-256\n".repeat(200_000));
    const { pace, gaveWay, fired } = watchedPace();
    const { policy } = await readHba(settings, pace);
    expect(policy?.rules).toHaveLength(200_000);
    expect(policy?.compiled?.rules).toBe(policy?.rules);
    // Ten steps at a time, and a step takes no more than 32 lines that are like others.
    expect(gaveWay()).toBeGreaterThan((200_000 / 32 / 10) * 0.95);
    expect(fired()).toBeGreaterThan(20);
  });

  test("50,000 rules that are all different, and compared whoever comes", async () => {
    const rule = (at: number): string => `host all +g${at} 10.0.0.0/8 ident map=m${at}\n`;
    await writeFile(
      utf8Text(settings.hba_file),
      Array.from({ length: 50_000 }, (_, at) => rule(at)).join(""),
    );
    const { pace, gaveWay } = watchedPace();
    const { policy } = await readHba(settings, pace);
    expect(policy?.rules).toHaveLength(50_000);
    // Each is read, judged and looked at in steps of its own.
    expect(gaveWay()).toBeGreaterThan(15_000 * 0.95);
  });

  test("50,000 lines that are no rules", async () => {
    await writeFile(utf8Text(settings.hba_file), "nothing\n".repeat(50_000));
    const { pace, gaveWay } = watchedPace();
    const { policy, diagnostics } = await readHba(settings, pace);
    expect(policy).toBeNull();
    expect(diagnostics).toHaveLength(50_000);
    expect(gaveWay()).toBeGreaterThan(5000);
  });

  test("50,000 mappings", async () => {
    await writeFile(utf8Text(settings.ident_file), "map os role\n".repeat(50_000));
    const { pace, gaveWay } = watchedPace();
    const { mappings } = await readIdent(settings, pace);
    expect(mappings).toHaveLength(50_000);
    expect(gaveWay()).toBeGreaterThan(5000);
  });

  test("10 MB without a rule", async () => {
    const comments = `# ${"x".repeat(1024 * 1024)}\u00ff\n`.repeat(10);
    await writeFile(utf8Text(settings.ident_file), comments, "latin1");
    const { pace, gaveWay } = watchedPace();
    const { sha256 } = await readIdent(settings, pace);
    expect(sha256).toBe(createHash("sha256").update(comments, "latin1").digest("hex"));
    expect(gaveWay()).toBeGreaterThan(0);
  });
});
