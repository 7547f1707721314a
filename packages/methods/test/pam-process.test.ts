import { spawn } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import { PamProcess } from "../src/os/pam/pam-process.ts";

const login = { service: "x", role: "app", remoteHost: null, directory: null };
const odd = { name: "PamProcessEnded", how: "told what nobody asked for, and was killed" };

let running: PamProcess | null = null;

afterEach(async () => {
  running?.kill("the test is over");
  await running?.ended;
});

/** A process that has heard of a login says this, whatever it was, and stays. */
function saying(...frames: readonly (string | Buffer)[]): PamProcess {
  const bytes = Buffer.concat(frames.map((frame) => (typeof frame === "string" ? framed(frame) : frame)));
  const script = `const fs = require("node:fs");
    fs.readSync(3, Buffer.alloc(1000));
    fs.writeSync(3, Buffer.from("${bytes.toString("hex")}", "hex"));
    while (fs.readSync(3, Buffer.alloc(1000)) > 0);`;
  running = new PamProcess(() =>
    spawn(process.execPath, ["-e", script], { stdio: ["ignore", "ignore", "inherit", "pipe"] }),
  );
  running.begin(login);
  return running;
}

function framed(json: string): Buffer {
  const header = Buffer.alloc(5, "E");
  header.writeUInt32BE(Buffer.byteLength(json));
  return Buffer.concat([header, Buffer.from(json)]);
}

describe("a process that was to judge", () => {
  test("is believed what it says of the login", async () => {
    const judge = saying('{"kind":"ask","number":1}', '{"kind":"passed","number":1}');
    expect([await judge.next(), await judge.next()]).toEqual([{ kind: "ask" }, { kind: "passed" }]);
    expect(judge.isRunning).toBe(true);
  });

  test.for<readonly [what: string, said: string | Buffer]>([
    ["about another login", '{"kind":"passed","number":2}'],
    ["about no login", '{"kind":"passed"}'],
    ["that is no JSON", "{"],
    ["of a kind that there is not", '{"kind":"root","number":1}'],
    ["of a length that there is not", Buffer.from("ffffffff45", "hex")],
  ])("is not believed, and ends, after a word %s", async ([, said]) => {
    const judge = saying(said, '{"kind":"passed","number":1}');
    await expect(judge.next()).rejects.toMatchObject(odd);
    expect(judge.isRunning).toBe(false);
  });

  test("ends when it goes on after its verdict, before anybody else is judged by it", async () => {
    const judge = saying(
      '{"kind":"failed","by":"end","reason":"x","number":1}',
      '{"kind":"passed","number":1}',
    );
    expect(await judge.next()).toMatchObject({ kind: "failed" });
    await expect(judge.next()).rejects.toMatchObject(odd);
  });

  test("has its last words heard", async () => {
    running = new PamProcess(() =>
      spawn(
        process.execPath,
        [
          "-e",
          `require("node:fs").writeSync(3, Buffer.from("${framed('{"kind":"unusable","reason":"x"}').toString("hex")}", "hex"))`,
        ],
        { stdio: ["ignore", "ignore", "inherit", "pipe"] },
      ),
    );
    running.begin(login);
    expect(await running.next()).toEqual({ kind: "unusable", reason: "x" });
    await expect(running.next()).rejects.toMatchObject({ how: "exited with exit code 0" });
  });

  test("that cannot be started is one that has ended", async () => {
    running = new PamProcess(() =>
      spawn("/nonexistent/program", { stdio: ["ignore", "ignore", "ignore", "pipe"] }),
    );
    running.begin(login);
    await expect(running.next()).rejects.toMatchObject({
      how: expect.stringMatching(/^could not be started: .*ENOENT/) as string,
    });
  });
});
