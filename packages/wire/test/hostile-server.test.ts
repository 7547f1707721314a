/** Our client half against servers that break the protocol: scripts, since no real server does. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, Secret } from "../src/index.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sallyport-wire-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** What our client makes of a server that answers the startup packet with these bytes. */
async function meet(bytes: string | null): Promise<unknown> {
  const fake = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      if (bytes !== null) {
        socket.write(Buffer.from(bytes, "latin1"));
      }
    });
  });
  const path = join(directory, ".s.PGSQL.77");
  fake.listen(path);
  await once(fake, "listening");
  try {
    const hosts = [{ host: directory, port: 77, password: new Secret("pw") }];
    const options = { hosts, user: "postgres", database: "postgres", connectTimeout: 1000 };
    return await openSession(options).catch((error: unknown) => error);
  } finally {
    fake.close();
  }
}

describe("a hostile or broken server", () => {
  const ok = "R\0\0\0\x08\0\0\0\0";
  const sasl = "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";
  test.each([
    ["says nothing", null, { code: "timeout" }],
    ["says half a word", "R\0\0", { code: "timeout" }],
    ["announces 2 GB", "R\x7f\u00FF\u00FF\u00FF", { code: "message_too_long" }],
    ["asks with more than 2000 bytes", "R\0\0\x07\u00D1", { code: "message_too_long" }],
    ["announces a negative length", "R\u00FF\u00FF\u00FF\u00FF", { code: "invalid_length" }],
    ["is none at all", "HTTP/1.1 400 Bad Request\r\n", { code: "message_too_long" }],
    [
      "sends an error without fields",
      "E\0\0\0\x05\0\0\0\0",
      { message: "the server sent an error without a message", code: "XX000" },
    ],
    [
      "could not fork",
      "Ecould not fork new process for connection: x\n\0",
      { name: "ServerError", message: "could not fork new process for connection: x" },
    ],
    [
      "speaks protocol 2",
      "EFATAL:  unsupported frontend protocol\n\0",
      { severity: "FATAL", message: "unsupported frontend protocol" },
    ],
    ["wants another protocol", "v\0\0\0\x0c\0\x02\0\0\0\0\0\0", { code: "not_supported" }],
    ["asks for what nobody knows", "R\0\0\0\x08\0\0\0\x63", { code: "not_supported" }],
    ["asks for GSSAPI", "R\0\0\0\x08\0\0\0\x07", { code: "not_supported" }],
    ["is ready before it let us in", "Z\0\0\0\x05I", { code: "unexpected_message" }],
    ["ends SCRAM before it began", "R\0\0\0\x0a\0\0\0\x0cv=", { code: "unexpected_message" }],
    ["lets us in without proving itself", sasl + ok, { code: "authentication_failed" }],
    ["asks for SCRAM twice", sasl + sasl, { code: "unexpected_message" }],
    ["falls back from SCRAM to cleartext", `${sasl}R\0\0\0\x08\0\0\0\x03`, { code: "unexpected_message" }],
    ["asks for the password for ever", "R\0\0\0\x08\0\0\0\x03".repeat(20), { code: "unexpected_message" }],
    [
      "sends parameters for ever",
      `${ok}${`S\0\0\x03\u00EFa\0${"x".repeat(1000)}\0`.repeat(2000)}`,
      { code: "message_too_long" },
    ],
    ["answers what was not asked", `${ok}D\0\0\0\x06\0\0`, { code: "unexpected_message" }],
    ["sends a key of three bytes", `${ok}K\0\0\0\x0b\0\0\0\x01abc`, { code: "malformed_message" }],
  ])("that %s", async (_, bytes, expected) => {
    expect(await meet(bytes)).toMatchObject(expected);
  });

  test("that is starting up is passed over for the next one", async () => {
    const text = "SFATAL\0C57P03\0Mthe database system is starting up\0\0";
    const length = String.fromCharCode(text.length + 4);
    expect(await meet(`E\0\0\0${length}${text}`)).toMatchObject({ code: "57P03" });
  });
});
