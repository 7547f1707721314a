import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateHouse, trust } from "./running-gate.ts";
import type { GateHouse, RunGate } from "./running-gate.ts";

let house: GateHouse;

beforeAll(async () => {
  house = await gateHouse();
});

afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
});

/** Writes files and reloads. */
async function reload(gate: RunGate, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await gate.write(name, text);
  expect(await gate.command("reload")).toMatchObject({ status: 0 });
}

/** What the log says of differences, from an offset on. */
function said({ running }: RunGate, from = 0): string[] {
  const messages = running
    .output()
    .slice(from)
    .matchAll(/LOG: {2}difference: (.*)\n/g);
  return [...messages].map(([, text = ""]) => text);
}

const isLast = /^\d.* (?:widening|narrowing|changed)\.$|^Nothing|^not told/;

/** What the log says of the difference that a reload makes, up to the message that sums up. */
async function differenceAfter(gate: RunGate, files: Readonly<Record<string, string>>): Promise<string[]> {
  const seen = gate.running.output().length;
  await reload(gate, files);
  await expect.poll(() => said(gate, seen).at(-1), { timeout: 20_000 }).toMatch(isLast);
  return said(gate, seen);
}

const scram = "scram-sha-256";

describe("a reload says in the log what it changes", () => {
  test("for whom, and by which lines: a message for each change, and one that sums up", async () => {
    await using gate = await house.runGate("words");
    const hba = `host all app 127.0.0.1/32 reject\n${trust}host all /^a.*z$ 10.0.0.0/8 ${scram}\n`;
    expect(await differenceAfter(gate, { "pg_hba.conf": hba })).toEqual([
      "narrowing: app, to any database, from 127.0.0.1/32 without TLS: now rejected by pg_hba.conf:1, before trust by pg_hba.conf:1",
      `widening: everybody matching /^a.*z$, to any database, from 10.0.0.0/8 without TLS: now ${scram} by pg_hba.conf:3, before refused, as no line fits`,
      "1 widening, 1 narrowing.",
    ]);
    expect(await differenceAfter(gate, { "pg_hba.conf": `# the same\n${hba}` })).toEqual([
      "Nothing changes for anybody.",
    ]);
  });

  test("by maps, too", async () => {
    await using gate = await house.runGate("maps", { hba: "local all all peer map=os\n" });
    expect(await differenceAfter(gate, { "pg_ident.conf": "os carol app\n" })).toEqual([
      "widening: map os: the system user carol can now be app (pg_ident.conf:1), by pg_hba.conf:1",
      "1 widening.",
    ]);
  });

  test("of many changes some, and how many more there are", async () => {
    await using gate = await house.runGate("many");
    const lines = Array.from({ length: 30 }, (_, at) => `host all u${at} 10.0.0.0/8 ${scram}\n`);
    const messages = await differenceAfter(gate, { "pg_hba.conf": trust + lines.join("") });
    expect([messages.length, ...messages.slice(-2)]).toEqual([
      22,
      'and 10 more changes; "sallyport diff" shows them',
      "30 widening.",
    ]);
  });

  test("without secrets", async () => {
    const line = (secret: string): string =>
      `${trust}host all all 10.0.0.0/8 radius radiusservers=127.0.0.1 radiussecrets=${secret}\n`;
    await using gate = await house.runGate("secrets", { hba: line("hunter1") });
    const messages = await differenceAfter(gate, { "pg_hba.conf": line("hunter2") });
    expect(messages.join("\n")).toContain("radiussecrets=***");
    expect(gate.running.output()).not.toContain("hunter");
  });

  test("not of files that are too long for it, and it says so", async () => {
    const lines = (count: number): string => `host all bob 10.0.0.0/8 ${scram}\n`.repeat(count);
    await using gate = await house.runGate("long", { hba: trust + lines(10_000) });
    expect(await differenceAfter(gate, { "pg_hba.conf": trust + lines(10_001) })).toEqual([
      'not told, since the files have more than 20000 lines, old and new; "sallyport diff" compares files of any size',
    ]);
  });

  test("nothing if no file has changed, or one is refused", async () => {
    await using gate = await house.runGate("nothing");
    await reload(gate, {});
    await gate.write("pg_hba.conf", "nonsense\n");
    expect(await gate.command("reload")).toMatchObject({ status: 1 });
    // The next difference is the first one.
    await differenceAfter(gate, { "pg_hba.conf": `# nothing\n${trust}` });
    expect(said(gate)).toEqual(["Nothing changes for anybody."]);
  });

  test("one after the other, however fast they come: from what was told last to what decides now", async () => {
    await using gate = await house.runGate("often");
    for (let round = 1; round <= 5; round += 1) {
      await reload(gate, { "pg_hba.conf": `host all u${round} 127.0.0.1/32 reject\n${trust}` });
    }
    const all = (): string => said(gate).join("\n");
    await expect
      .poll(all, { timeout: 20_000 })
      .toMatch(/narrowing: u5, .*now rejected[^]*(?:widening|narrowing|changed)\.$/);
    // What was forbidden on the way there is allowed again, as far as it was told.
    const forbidden = [...all().matchAll(/narrowing: (u\d), /g)].map(([, user]) => user);
    const allowed = [...all().matchAll(/widening: (u\d), /g)].map(([, user]) => user);
    expect(forbidden.toSpliced(-1)).toEqual(allowed);
  });

  test("and a gate that stops does not wait for it", async () => {
    await using gate = await house.runGate("stops");
    const lines = Array.from({ length: 5000 }, (_, at) => `host all /^u${at} 10.0.0.0/8 ${scram}\n`).join("");
    await reload(gate, { "pg_hba.conf": trust + lines });
    expect(await gate.command("stop")).toMatchObject({ status: 0 });
    expect(said(gate).filter((text) => text.startsWith("not told"))).toEqual([]);
  });
});
