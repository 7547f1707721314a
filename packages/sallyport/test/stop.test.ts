import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateHouse } from "./running-gate.ts";
import type { GateHouse } from "./running-gate.ts";

let house: GateHouse;

beforeAll(async () => {
  house = await gateHouse();
});

afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
});

const busy = ["select pg_sleep(600)", [], { timeout: 60_000 }] as const;

describe("stop", () => {
  test("is fast unless asked otherwise: whoever is busy hears 57P01, and it answers when all is over", async () => {
    await using gate = await house.runGate("fast");
    const { running } = gate;
    const session = await gate.session();
    const query = session.query(...busy).then(
      () => null,
      (error: unknown) => error,
    );
    expect(await gate.command("stop")).toEqual({
      status: 0,
      stdout: `stopped (process ${running.pid}, fast)\n`,
      stderr: "",
    });
    expect(await query).toMatchObject({
      code: "57P01",
      message: "terminating connection due to administrator command",
    });
    expect(await running.ended).toBe(0);
    expect(running.output()).toContain("received fast shutdown request");
    expect(await gate.command("status")).toMatchObject({ status: 1 });
    await using again = await gate.serve();
    expect(again.pid).not.toBe(running.pid);
  });

  test("-m smart waits for who is in, says so meanwhile, and lets nobody else in", async () => {
    await using gate = await house.runGate("smart");
    const { running } = gate;
    const session = await gate.session();
    const stopping = gate.json("stop", "-m", "smart");
    await expect
      .poll(() => running.output(), { timeout: 30_000 })
      .toContain("received smart shutdown request");
    const status = await gate.command("status");
    expect(status.status).toBe(1);
    expect(status.stdout).toMatch(/^sallyport \S+ is stopping \(smart\): /);
    await expect(gate.session()).rejects.toMatchObject({ code: "57P03" });
    expect((await session.query("select 1", [], { timeout: 10_000 })).rows).toEqual([["1"]]);
    await session.close();
    expect(await stopping).toEqual({
      status: 0,
      document: { pid: running.pid, mode: "smart", stopped: true },
    });
    expect(await running.ended).toBe(0);
  });

  test("-m smart ends who does not leave within shutdown_timeout", async () => {
    await using gate = await house.runGate("timeout", { conf: "shutdown_timeout = 1s\n" });
    const { running } = gate;
    const session = await gate.session();
    const query = session.query(...busy).catch((error: unknown) => error);
    expect(await gate.command("stop", "-m", "smart")).toMatchObject({ status: 0 });
    expect(await query).toMatchObject({ code: "57P01" });
    expect(await running.ended).toBe(0);
  });

  test("a harder one overtakes a smart one that waits, and both answer", async () => {
    await using gate = await house.runGate("overtaken");
    const { running } = gate;
    const session = await gate.session();
    const query = session.query(...busy).catch((error: unknown) => error);
    const smart = gate.command("stop", "-m", "smart");
    await expect
      .poll(() => running.output(), { timeout: 30_000 })
      .toContain("received smart shutdown request");
    expect(await gate.command("stop", "-m", "immediate")).toMatchObject({ status: 0 });
    expect(await smart).toMatchObject({ status: 0 });
    expect(await query).toBeInstanceOf(Error);
    expect(running.output()).toContain("received immediate shutdown request");
    expect(await running.ended).toBe(0);
  });

  test("of one that has the lock and no socket yet is its signal, and status cannot ask it", async () => {
    const gate = await house.makeGate("starting");
    const child = spawn("sleep", ["600"]);
    const exit = once(child, "exit");
    await gate.write("sallyport.pid", `${child.pid}\n`);
    expect(await gate.command("status")).toMatchObject({
      status: 2,
      stderr: `sallyport: error: process ${child.pid} holds the gate and does not answer yet, or no more\n`,
    });
    expect(await gate.command("stop")).toMatchObject({
      status: 0,
      stdout: `stopped (process ${child.pid}, fast)\n`,
    });
    expect(await exit).toEqual([null, "SIGINT"]);
  });

  test("says that nothing runs", async () => {
    const gate = await house.makeGate("nothing");
    expect(await gate.command("stop")).toEqual({
      status: 2,
      stdout: "",
      stderr: `sallyport: error: no gateway runs in "${gate.directory}"\n`,
    });
    expect(await gate.command("stop", "-m", "soft")).toMatchObject({ status: 2 });
  });
});
