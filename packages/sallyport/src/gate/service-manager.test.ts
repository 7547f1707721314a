import type { FullReport } from "@sallyport/gateway";
import { describe, expect, test } from "vitest";
import { readyStatus, serviceManager } from "./service-manager.ts";

const pid = 4711;

async function told(environment: Record<string, string | undefined>) {
  let warnings = "";
  const manager = await serviceManager(environment, pid, { stderr: (text) => (warnings += text) });
  return { manager, environment, warnings: () => warnings };
}

describe("sockets of a service manager (sd_listen_fds(3))", () => {
  test("are counted from descriptor 3, with their names; nobody else reads of them", async () => {
    const { manager, environment, warnings } = await told({
      LISTEN_PID: "4711",
      LISTEN_FDS: "3",
      LISTEN_FDNAMES: "tcp:unix",
      LISTEN_PIDFDID: "17",
      HOME: "/",
    });
    expect(manager.sockets).toEqual([
      { fd: 3, name: "tcp" },
      { fd: 4, name: "unix" },
      { fd: 5, name: "unknown" },
    ]);
    expect(environment).toEqual({ HOME: "/" });
    expect(warnings()).toBe("");
  });

  test.each([
    ["of none", { LISTEN_PID: "4711", LISTEN_FDS: "0" }],
    ["nothing said", {}],
    ["no process named", { LISTEN_FDS: "2" }],
    ["no number of them", { LISTEN_PID: "4711" }],
  ])("are none: %s", async (_, environment) => {
    const { manager, warnings } = await told(environment);
    expect([manager.sockets, warnings()]).toEqual([[], ""]);
  });

  test("that are another process's are not taken, which is said", async () => {
    const { manager, environment, warnings } = await told({ LISTEN_PID: "1", LISTEN_FDS: "1" });
    expect([manager.sockets, environment]).toEqual([[], {}]);
    expect(warnings()).toBe(
      "sallyport: warning: LISTEN_PID names process 1, and this is 4711: the sockets of LISTEN_FDS are not taken\n",
    );
  });

  test.each(["x", "-1", "1.5", "", "99999"])("in the number of %j are an error", async (LISTEN_FDS) => {
    await expect(told({ LISTEN_PID: "4711", LISTEN_FDS })).rejects.toThrow(
      `invalid LISTEN_FDS: "${LISTEN_FDS}"`,
    );
  });
});

describe("what a service manager is told", () => {
  test("if it cannot be told, is a warning, once, and no obstacle", async () => {
    const { manager, environment, warnings } = await told({ NOTIFY_SOCKET: "/nowhere/notify" });
    expect(environment).toEqual({});
    manager.ready("listening");
    manager.reloading();
    manager.stopping(1000);
    expect(warnings()).toBe(
      "sallyport: warning: could not notify the service manager: No such file or directory\n",
    );
  });

  test("without one is nothing", async () => {
    const { manager, warnings } = await told({ NOTIFY_SOCKET: "" });
    manager.ready("listening");
    manager.reloading();
    manager.stopping(1000);
    expect(warnings()).toBe("");
  });

  test("is where the gate listens, and what became of the last reload", () => {
    const doors = ["127.0.0.1:6432", "/run/sallyport/.s.PGSQL.6432"];
    const listening = "listening on 127.0.0.1:6432, /run/sallyport/.s.PGSQL.6432";
    expect(readyStatus(doors, null)).toBe(listening);
    const report = {
      settings: { fileName: "sallyport.conf", verdict: "unchanged" },
      hba: { fileName: "pg_hba.conf", verdict: "refused" },
      ident: { fileName: "pg_ident.conf", verdict: "loaded" },
    } as FullReport;
    expect(readyStatus(doors, report)).toBe(
      `${listening}; reload: sallyport.conf unchanged, pg_hba.conf refused, pg_ident.conf loaded`,
    );
  });
});
