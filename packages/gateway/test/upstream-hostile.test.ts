import { writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, tempDirectory } from "@sallyport/testkit";
import type { TempDirectory, TestPostgres } from "@sallyport/testkit";
import { encodeAuthentication, encodeMessage, encodeReadyForQuery } from "@sallyport/wire";
import {
  challenge,
  errorResponse,
  fakeUpstream,
  forEver,
  notice,
  ok,
  scram,
  script,
} from "./fake-upstream.ts";
import type { FakeUpstream } from "./fake-upstream.ts";
import { run, setUp, startGate } from "./gate.ts";
import type { TestGate } from "./gate.ts";
import { heardIn, repliesTo } from "./raw-client.ts";
import type { Login, Reply } from "./raw-client.ts";

// A real server answers for the catalogue; the sessions of roles meet these instead. What they do to our client half
// by itself is in wire/test/hostile-server.test.ts: here is what the gateway's client, and its log, get to hear of it.

const hba = "host all all all scram-sha-256\n";
const notAccepting = ["57P03", "the database system is not accepting connections"];

let server: TestPostgres;
let room: TempDirectory;
let passfile: string;

beforeAll(async () => {
  [server, room] = await Promise.all([startPostgres(), tempDirectory()]);
  await run(server, setUp);
  passfile = join(room.path, "pgpass");
  await writeFile(passfile, "*:*:*:app:upstream-secret\n", { mode: 0o600 });
});

afterAll(async () => {
  await server?.stop();
  await room?.remove();
});

/** A gate before a hostile upstream, with a password for role `app` there. */
async function gateBefore(fake: FakeUpstream, conf = ""): Promise<TestGate> {
  return await startGate(server, { hba, conf, upstream: `${fake.conninfo} passfile=${passfile}` });
}

async function heard(gate: TestGate, login: Login): Promise<readonly (readonly string[])[]> {
  return heardIn(await repliesTo(gate.tcp, login));
}

function bytesOf(replies: readonly Reply[]): string {
  return Buffer.concat(replies.map(({ body }) => body)).toString("latin1");
}

const salt = `s=${Buffer.from("0123456789abcdef").toString("base64")}`;
const clear = encodeAuthentication({ kind: "cleartext_password" });
const parameter = encodeMessage("S", Buffer.from(`evil\0${"words".repeat(1000)}\0`));
const fair = challenge((nonce) => `r=${nonce}evil,${salt},i=4096`);
const final = (text: string): Buffer => encodeAuthentication({ kind: "sasl_final", data: Buffer.from(text) });
const raw = (text: string): Buffer => Buffer.from(text, "latin1");

type Trick = readonly [name: string, answer: (socket: Socket) => void, reason: string];

const beforeAcceptance: readonly Trick[] = [
  ["refuses in its own words", script(errorResponse()), "evil words"],
  ["refuses in the words of protocol 2", script(raw("EFATAL:  evil words\n\0")), "evil words"],
  ["refuses without a word", script(raw("E\0\0\0\x05\0")), "error without a message"],
  ["refuses without an SQLSTATE", script(errorResponse({ C: undefined })), "evil words"],
  ["sends a notice and goes away", (socket) => socket.end(notice("evil words")), "closed the connection"],
  ["sends notices for ever", forEver(notice("evil words")), "before the session was ready"],
  ["sends a message of two gigabytes", script(raw("R\x7f\xff\xff\xffevil words")), "at most 2000"],
  ["sends a negative length", script(raw("R\xff\xff\xff\xffevil words")), "invalid message length -1"],
  ["sends no PostgreSQL at all", script(raw("HTTP/1.1 200 OK\r\n\r\nevil words")), 'message type "H"'],
  ["goes away at once", (socket) => socket.end(), "closed the connection"],
  ["is ready before it asked who we are", script(encodeReadyForQuery("I")), "out of order"],
  ["wants another protocol", script(raw("v\0\0\0\x0c\0\x03\0\x02\0\0\0\0")), "protocol 3.0"],
  ["asks for the password for ever", script(...Array.from({ length: 20 }, () => clear)), "out of order"],
  ["asks for MD5 with half a salt", script(raw("R\0\0\0\x0a\0\0\0\x05ab")), "malformed"],
  ["asks for what nobody knows", script(raw("R\0\0\0\x08\0\0\0\x63")), "method 99 not supported"],
  ["challenges before it offered", script(raw("R\0\0\0\x0c\0\0\0\x0br=x,")), "out of order"],
  [
    "has a nonce that is too long",
    script(
      scram,
      challenge((nonce) => `r=${nonce}${"e".repeat(60_000)},${salt},i=4096`),
    ),
    "at most 2000",
  ],
  [
    "has a nonce of its own",
    script(
      scram,
      challenge(() => `r=evil,${salt},i=4096`),
    ),
    "nonce mismatch",
  ],
  [
    "gives the nonce back",
    script(
      scram,
      challenge((nonce) => `r=${nonce},${salt},i=4096`),
    ),
    "nonce mismatch",
  ],
  [
    "has no salt",
    script(
      scram,
      challenge((nonce) => `r=${nonce}evil,s=,i=4096`),
    ),
    "invalid salt",
  ],
  [
    "has no iteration count",
    script(
      scram,
      challenge((nonce) => `r=${nonce}evil,${salt}`),
    ),
    "malformed SCRAM",
  ],
  [
    "asks for no iteration",
    script(
      scram,
      challenge((nonce) => `r=${nonce}evil,${salt},i=0`),
    ),
    "iteration",
  ],
  [
    "asks for two billion iterations",
    script(
      scram,
      challenge((nonce) => `r=${nonce}evil,${salt},i=2147483648`),
    ),
    "2147483648 SCRAM iterations",
  ],
  ["does not prove itself", script(scram, fair, ok), "without proving itself"],
  ["has no signature", script(scram, fair, final("evil")), "server-final-message"],
  ["has a wrong signature", script(scram, fair, final(`v=${"A".repeat(43)}=`)), "signature"],
  ["has an error for a signature", script(scram, fair, final("e=evil")), "error received from server"],
  ["falls back from SCRAM to a password in clear", script(scram, clear), "out of order"],
];

const afterAcceptance: readonly Trick[] = [
  ["goes away", (socket) => socket.end(ok), "closed the connection"],
  ["accepts twice", script(Buffer.concat([ok, ok])), "out of order"],
  ["refuses without a word", script(Buffer.concat([ok, raw("E\0\0\0\x05\0")])), "without a message"],
  ["refuses without an SQLSTATE", script(Buffer.concat([ok, errorResponse({ C: undefined })])), "evil words"],
  ["refuses with half an SQLSTATE", script(Buffer.concat([ok, errorResponse({ C: "28" })])), "evil words"],
  [
    "refuses without a message",
    script(Buffer.concat([ok, errorResponse({ M: undefined })])),
    "without a message",
  ],
  ["refuses without a severity", script(Buffer.concat([ok, errorResponse({ S: undefined })])), "evil words"],
  ["sends parameters for ever", forEver(parameter, ok), "before the session was ready"],
  ["sends notices for ever", forEver(notice("evil words"), ok), "before the session was ready"],
  [
    "sends half a parameter",
    script(Buffer.concat([ok, raw("S\0\0\0\x08evil")])),
    "malformed ParameterStatus",
  ],
  [
    "has a cancel key of 300 bytes",
    script(Buffer.concat([ok, encodeMessage("K", Buffer.alloc(304))])),
    "a cancel key of 300 bytes",
  ],
  [
    "is in a state that there is not",
    script(Buffer.concat([ok, raw("Z\0\0\0\x05X")])),
    "malformed ReadyForQuery",
  ],
  ["answers what nobody asked", script(Buffer.concat([ok, raw("D\0\0\0\x06\0\0")])), "out of order"],
];

describe.each([
  ["that has not accepted us", beforeAcceptance],
  ["that has accepted us", afterAcceptance],
])("an upstream %s", (_, tricks) => {
  test.for(tricks)("and %s: the client hears 57P03, the log why", async ([, answer, reason]) => {
    await using fake = await fakeUpstream(server, answer);
    await using gate = await gateBefore(fake);
    const replies = await repliesTo(gate.tcp, { user: "app" });
    expect(replies.map(({ kind }) => kind)).toEqual(["R 10", "R 11", "R 12", "R 0", "E"]);
    expect(replies.at(-1)?.words).toEqual(notAccepting);
    expect(bytesOf(replies)).not.toContain("evil");
    expect(await gate.logged('The session of role "app" cannot be opened upstream: ')).toMatch(
      new RegExp(`upstream: .*(?:${reason})`),
    );
    expect(gate.log()).not.toContain("-secret");
  });
});

describe("an upstream that takes its time", () => {
  const stalls: readonly (readonly [string, (socket: Socket) => void])[] = [
    ["never answers", () => undefined],
    ["stops inside a message", script(raw("R\0\0"))],
    ["stops inside SCRAM", script(scram)],
    ["stops after AuthenticationOk", script(ok)],
    ["sends a byte now and then", drip],
  ];

  test.concurrent.for(stalls)(
    "and %s costs the client authentication_timeout, and no more",
    async ([, answer]) => {
      await using fake = await fakeUpstream(server, answer);
      await using gate = await gateBefore(fake, "authentication_timeout = 3s");
      const replies = await heard(gate, { user: "app" });
      expect(replies).toEqual([["R 10"], ["R 11"], ["R 12"], ["R 0"], ["E", ...notAccepting]]);
      expect(await gate.logged('role "app"')).toContain("timeout expired");
      expect((await heard(gate, { user: "ghost" })).at(-1)?.[1]).toBe("28P01");
    },
  );

  test.concurrent("costs no more than connect_timeout, if there is one", async () => {
    await using fake = await fakeUpstream(server, () => undefined);
    const upstream = `${fake.conninfo} connect_timeout=1`;
    await using gate = await startGate(server, { hba, upstream });
    expect((await heard(gate, { user: "app" })).at(-1)).toEqual(["E", ...notAccepting]);
    expect(await gate.logged('role "app"')).toContain("failed: timeout expired");
  });
});

test("who did not prove himself costs the upstream nothing", async () => {
  await using fake = await fakeUpstream(server, script(errorResponse()));
  await using gate = await gateBefore(fake);
  expect((await heard(gate, { user: "app", password: "wrong" })).at(-1)?.[1]).toBe("28P01");
  expect((await heard(gate, { user: "ghost" })).at(-1)?.[1]).toBe("28P01");
  expect(fake.sessions).toHaveLength(0);
  await heard(gate, { user: "app" });
  expect(fake.sessions).toHaveLength(1);
});

test("an upstream that refuses after it has accepted us is heard, word for word", async () => {
  const refusal = errorResponse({ C: "3D000", M: 'database "sh\u00F6p" does not exist', D: "d", z: "?" });
  await using fake = await fakeUpstream(server, script(Buffer.concat([ok, refusal])));
  await using gate = await gateBefore(fake);
  const replies = await repliesTo(gate.tcp, { user: "app" });
  expect(replies.slice(-2).map(({ kind }) => kind)).toEqual(["R 0", "E"]);
  expect(replies.at(-1)?.body).toEqual(refusal.subarray(5));
});

test("a notice without its fields is not handed on", async () => {
  const bad = encodeMessage("N", Buffer.from("Mevil words\0\0"));
  const ready = Buffer.concat([ok, bad, notice("a good one"), encodeReadyForQuery("I")]);
  await using fake = await fakeUpstream(server, script(ready));
  await using gate = await gateBefore(fake);
  const replies = await repliesTo(gate.tcp, { user: "app" });
  expect(replies.slice(-3).map(({ kind }) => kind)).toEqual(["R 0", "N", "Z"]);
  expect(bytesOf(replies)).toContain("a good one");
  expect(bytesOf(replies)).not.toContain("evil");
});

/** A notice that never ends, a byte every few milliseconds. */
function drip(socket: Socket): void {
  socket.write(raw("N\0\0\xff\xff"));
  const timer = setInterval(() => socket.write("M"), 20);
  socket.on("close", () => clearInterval(timer));
}
