import { chmod, lstat, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { asOsUser, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory } from "@sallyport/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { askControl } from "./ask-control.ts";
import { openControlSocket } from "./control-socket.ts";
import type { ControlSocket, ControlSocketOptions } from "./control-socket.ts";
import { longestQuestion } from "./protocol.ts";
import type { ControlRequest } from "./protocol.ts";

const question = '{"version":1,"command":"status"}\n';
const answered = '{"version":1,"answer":{"asked":"status"}}\n';

let room: TempDirectory;
let logged: string[];
let open: ControlSocket[];

beforeEach(async () => {
  room = await tempDirectory(0o711);
  logged = [];
  open = [];
});

afterEach(async () => {
  for (const control of open) await control.close();
  await room.remove();
});

/** A control socket that answers by saying what was asked. */
async function listen(options: Partial<ControlSocketOptions> = {}): Promise<ControlSocket> {
  const control = await openControlSocket({
    directory: room.path,
    answer: (request) => Promise.resolve({ asked: request.command }),
    log: { log: (severity, message) => void logged.push(`${severity}: ${message}`) },
    ...options,
  });
  open.push(control);
  return control;
}

function path(directory: string = room.path): string {
  return join(directory, "control.sock");
}

/** All that comes back until the gateway closes; the end of what is said is not told to it unless `end`. */
async function say(words: string | Buffer, { end = false } = {}): Promise<string> {
  const socket = connect(path());
  if (end) socket.end(words);
  else socket.write(words);
  return await text(socket);
}

describe("the control socket", () => {
  test("is its owner's alone, whatever the umask of the process is", async () => {
    const umask = process.umask(0);
    try {
      await listen();
      expect((await lstat(path())).mode & 0o7777).toBe(0o600);
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(umask);
    }
  });

  test("takes the place of one that a dead gateway left, and is gone after its end", async () => {
    const dead = createServer().listen(path());
    await new Promise((resolve) => dead.once("listening", resolve));
    const control = await listen();
    expect(await say(question)).toBe(answered);
    await control.close();
    expect(await readdir(room.path)).toEqual([]);
    dead.close();
  });

  test("leaves alone what lies in its place and is no socket", async () => {
    await writeFile(path(), "mine");
    await expect(listen()).rejects.toThrow("EADDRINUSE");
    expect(await readFile(path(), "utf8")).toBe("mine");
  });

  test("answers in a directory whose path is longer than the address of a socket may be", async () => {
    const deep = join(room.path, "d".repeat(100), "e".repeat(100));
    await mkdir(deep, { recursive: true });
    const control = await listen({ directory: deep });
    await expect(askControl(deep, "status", {}, 20_000)).resolves.toEqual({ asked: "status" });
    expect((await lstat(path(deep))).mode & 0o7777).toBe(0o600);
    await control.close();
    expect(await readdir(deep)).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "refuses another user, even if the socket lets him through",
    async () => {
      await listen();
      const program = `const s = require("node:net").connect(${JSON.stringify(path())});
      s.on("error", (error) => console.log(error.code)); s.pipe(process.stdout); s.write(${JSON.stringify(question)});`;
      const asNobody = async (): Promise<string> =>
        (await asOsUser("nobody", process.execPath, ["-e", program])).stdout;
      expect(await asNobody()).toBe("EACCES\n");
      await chmod(path(), 0o666);
      expect(await asNobody()).toBe('{"version":1,"error":"permission denied"}\n');
      expect(logged).toEqual(["LOG: control socket: user ID 65534 was refused"]);
      expect(await say(question)).toBe(answered);
    },
  );
});

describe("somebody who asks", () => {
  test("hears the answer, with or without an end of his own, and in whatever pieces he asks", async () => {
    await listen();
    expect(await say(question)).toBe(answered);
    expect(await say(question.trim(), { end: true })).toBe(answered);
    const socket = connect(path());
    const answer = text(socket);
    for (const byte of question) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toBe(answered);
  });

  test("has one question; what he says behind it is not looked at", async () => {
    const asked: ControlRequest[] = [];
    await listen({
      answer: (request) => {
        asked.push(request);
        return Promise.resolve({ asked: request.command });
      },
    });
    expect(await say(`${question}{"version":1,"command":"stop","mode":"immediate"}\n`)).toBe(answered);
    expect(asked).toEqual([{ command: "status", rules: false, sessions: false }]);
  });

  test("hears what is wrong with it: garbage, too much, half a question", async () => {
    await listen();
    const refused = '{"version":1,"error":"a question is a JSON object on one line"}\n';
    expect(await say("\0\xff\r\n")).toBe(refused);
    expect(await say(question.slice(0, -3), { end: true })).toBe(refused);
    const tooLong = `{"version":1,"error":"a question has at most ${longestQuestion} bytes"}\n`;
    expect(await say(Buffer.alloc(longestQuestion + 1, " "))).toBe(tooLong);
    expect(await say(Buffer.alloc(300_000, "x"))).toBe(tooLong);
  });

  test("and says nothing is asked to leave", async () => {
    await listen({ patience: 50 });
    expect(await say("")).toBe('{"version":1,"error":"no question came in time"}\n');
    expect(await say("", { end: true })).toBe("");
  });

  test("and does not listen to a long answer is left", async () => {
    const long = { rules: Array.from({ length: 100_000 }, () => "a line of a file") };
    await listen({ answer: () => Promise.resolve(long), patience: 50 });
    const socket = connect(path());
    socket.write(question);
    socket.destroy();
    expect(JSON.parse(await say(question))).toEqual({ version: 1, answer: long });
    expect(logged).toEqual([]);
  });

  test("and breaks the connection off harms nobody", async () => {
    await listen();
    for (const words of ["", question.slice(0, 20), question, question.repeat(500)]) {
      const socket = connect(path());
      await new Promise((resolve) => socket.write(words, resolve));
      socket.destroy();
    }
    expect(await say(question)).toBe(answered);
    expect(logged).toEqual([]);
  });

  test("is one of 16 at a time", async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    let asking = 0;
    await listen({
      answer: async () => {
        asking += 1;
        await go;
        return {};
      },
    });
    const askers = Array.from({ length: 16 }, async () => await say(question));
    await expect.poll(() => asking).toBe(16);
    expect(await say(question)).toBe('{"version":1,"error":"too many questions at a time"}\n');
    resolve();
    expect(new Set(await Promise.all(askers))).toEqual(new Set(['{"version":1,"answer":{}}\n']));
    await expect.poll(async () => await say(question)).toBe('{"version":1,"answer":{}}\n');
  });

  test("hears that it failed, and so does the log", async () => {
    await listen({ answer: () => Promise.reject(new Error("no luck")) });
    expect(await say(question)).toBe('{"version":1,"error":"status failed: no luck"}\n');
    expect(logged).toEqual(["LOG: control socket: status failed: no luck"]);
  });

  test("does not keep the socket from being closed", async () => {
    const { promise: never } = Promise.withResolvers<object>();
    const control = await listen({ answer: async () => await never });
    const socket = connect(path());
    const answer = text(socket);
    await new Promise((resolve) => socket.write(question, resolve));
    await control.close();
    expect(await answer).toBe("");
    await expect(say(question)).rejects.toThrow("ENOENT");
  });
});

describe("askControl says why there is no answer:", () => {
  test("nobody is there, or what is there is dead", async () => {
    const absent = { name: "ControlError", code: "absent" };
    await expect(askControl(room.path, "status", {}, 5000)).rejects.toMatchObject(absent);
    await expect(askControl(join(room.path, "no"), "status", {}, 5000)).rejects.toMatchObject(absent);
  });

  test("it takes too long, or breaks off", async () => {
    const silent = { name: "ControlError", code: "silent" };
    const askers: Socket[] = [];
    const mute = createServer((socket) => void askers.push(socket)).listen(path());
    await expect(askControl(room.path, "status", {}, 50)).rejects.toMatchObject(silent);
    mute.on("connection", (socket: Socket) => socket.end('{"version":1,"answer":{"pi'));
    await expect(askControl(room.path, "status", {}, 20_000)).rejects.toMatchObject(silent);
    for (const socket of askers) socket.destroy();
    mute.close();
  });

  test("the gateway does not know the question", async () => {
    await listen();
    const asked = askControl(room.path, "stop", { mode: "soft" as "smart" }, 20_000);
    await expect(asked).rejects.toMatchObject({
      code: "refused",
      message: '"mode" is one of smart, fast, immediate',
    });
  });
});
