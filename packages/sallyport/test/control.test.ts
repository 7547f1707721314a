import { appendFile, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command } from "@sallyport/testkit";
import { gateHouse, trust } from "./running-gate.ts";
import type { Gate, GateHouse } from "./running-gate.ts";

let house: GateHouse;

beforeAll(async () => {
  house = await gateHouse();
});

afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
});

/** What a program hears that speaks to the socket itself. */
async function say({ directory }: Gate, words: string): Promise<unknown> {
  const socket = connect(join(directory, "control.sock"));
  socket.write(words);
  return JSON.parse(await text(socket));
}

describe("reload", () => {
  test("answers when it is done: what it says counts from that moment on", async () => {
    await using gate = await house.runGate("good");
    const { running } = gate;
    await gate.write("pg_hba.conf", `host all app all reject\n${trust}`);
    const { status, stdout, stderr } = await gate.command("reload");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toEqual([
      expect.stringMatching(/^\S+sallyport\.conf +unchanged$/),
      expect.stringMatching(/^\S+pg_hba\.conf +loaded$/),
      expect.stringMatching(/^\S+pg_ident\.conf +unchanged$/),
      expect.stringMatching(/^policy sha256 +[0-9a-f]{64}$/),
    ]);
    const sha256 = lines[3]?.slice(-64) ?? "";
    expect(running.output()).toContain("received a reload request, reloading configuration files\n");
    expect(running.output()).toContain(`policy sha256=${sha256}\n`);
    await expect(gate.session()).rejects.toThrow("pg_hba.conf rejects connection");
    expect((await gate.json("status")).document).toMatchObject({
      policy: { sha256 },
      last_reload: { policy_sha256: sha256, hba: { verdict: "loaded" } },
    });
  });

  test("says of a refused file what is wrong with it, where, and that the old one runs on", async () => {
    await using gate = await house.runGate("gäte");
    const live = (await command("sha256sum", [gate.hba])).stdout.slice(0, 64);
    await gate.write("pg_hba.conf", "host all all all scarm\n");
    const { status, stdout, stderr } = await gate.command("reload");
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\S+pg_hba\.conf +refused; what counted before counts on$/m);
    expect(stderr).toBe(
      `${gate.hba}:1:18: error: invalid authentication method "scarm"\n` +
        "    host all all all scarm\n" +
        "                     ^^^^^\n",
    );
    await (await gate.session()).close();
    expect(await gate.json("reload")).toMatchObject({
      status: 1,
      document: {
        hba: {
          verdict: "refused",
          sha256: live,
          diagnostics: [
            {
              severity: "error",
              message: 'invalid authentication method "scarm"',
              place: { file_name: gate.hba, line_number: 1, column: 18, end_column: 23 },
              excerpt: ["host all all all scarm", "                 ^^^^^"],
            },
          ],
        },
        ident: { verdict: "unchanged", diagnostics: [] },
      },
    });
    expect((await gate.command("status")).stdout).toContain('invalid authentication method "scarm"');
  });

  test("shows no secret of a line that it refuses", async () => {
    await using gate = await house.runGate("masked");
    await gate.write(
      "pg_hba.conf",
      'host all all all scarm ldapbindpasswd="hush hush" x=y\nhost all all all ldap ldapbindpasswd=hush nonsense=1\n',
    );
    for (const more of [[], ["--format", "json"]]) {
      const { status, stdout, stderr } = await gate.command("reload", ...more);
      expect(status).toBe(1);
      expect(stdout + stderr).toContain("host all all all scarm ldapbindpasswd=***");
      expect(stdout + stderr).not.toContain("hush");
    }
  });

  test("names the settings that changed, and those that need a new start", async () => {
    await using gate = await house.runGate("settings");
    const conf = await readFile(gate.conf, "utf8");
    await appendFile(gate.conf, "authentication_timeout = 7s\nmax_connections = 7\n");
    const { status, stdout } = await gate.command("reload");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\S+sallyport\.conf +loaded$/m);
    expect(stdout).toContain("\nauthentication_timeout is now 7\n");
    expect(stdout).toContain("\nmax_connections has changed, and counts from the next start on\n");
    await gate.write("sallyport.conf", conf);
    expect((await gate.json("reload")).document).toMatchObject({
      settings: {
        verdict: "loaded",
        changed: [{ name: "authentication_timeout", value: "60", removed: true }],
        need_restart: [],
      },
    });
  });

  test("says of a broken sallyport.conf what is wrong with it, and takes the rules all the same", async () => {
    await using gate = await house.runGate("conf");
    await appendFile(gate.conf, "authentication_timeout = never\n");
    await appendFile(gate.hba, "local all all reject\n");
    const { status, stdout, stderr } = await gate.command("reload");
    expect(status).toBe(1);
    expect(stdout).toMatch(/sallyport\.conf +refused; .*\n\S+pg_hba\.conf +loaded\n/);
    expect(stderr).toContain('error: invalid value for parameter "authentication_timeout": "never"\n');
    expect(stderr).toContain("    authentication_timeout = never\n                             ^^^^^\n");
  });

  test("and again while one runs: each answers with what it found", async () => {
    await using gate = await house.runGate("twice");
    const { running } = gate;
    await appendFile(gate.hba, "local all all reject\n".repeat(2000));
    const [one, other, status] = await Promise.all([
      gate.json("reload"),
      gate.json("reload"),
      gate.json("status"),
    ]);
    const verdicts = [one, other].map(
      ({ document }) => (document as { hba: { verdict: string } }).hba.verdict,
    );
    expect(verdicts.toSorted()).toEqual(["loaded", "unchanged"]);
    expect(status.document).toMatchObject({ pid: running.pid });
  });
});

describe("the control socket of a gate", () => {
  test("answers a program that speaks its protocol, and tells another one what is wrong", async () => {
    await using gate = await house.runGate("program");
    const { running } = gate;
    expect(await say(gate, '{"version":1,"command":"status"}\n')).toMatchObject({
      version: 1,
      answer: { pid: running.pid },
    });
    expect(await say(gate, '{"version":1,"command":"die"}\n')).toEqual({
      version: 1,
      error: '"command" is one of reload, status, stop',
    });
    expect(await running.stop("SIGTERM")).toBe(0);
    expect((await command("ls", [gate.directory])).stdout).not.toContain("control.sock");
  });
});
