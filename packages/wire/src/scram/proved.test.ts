import { expect, test } from "vitest";
import { startScramClient } from "./client.ts";
import { buildScramSecret, proveScramPassword } from "./derive-secret.ts";
import { ScramServer } from "./server.ts";
import type { ScramServerOptions } from "./server.ts";
import type { ScramSecret } from "./secret.ts";
import type { SecretBytes } from "../secret.ts";

const nonce = Buffer.alloc(18, "n");
const password = Buffer.from("pencil");
const secret = await buildScramSecret(password, Buffer.from("salt"), 2);

function server(options: Partial<ScramServerOptions> = {}): ScramServer {
  const plain = { mechanism: "SCRAM-SHA-256", doomed: false, channelBinding: null } as const;
  return new ScramServer({ ...plain, secret, nonce, ...options });
}

/** What the server hands out of an exchange; undefined if the client failed. */
async function keyOf(options: Partial<ScramServerOptions>, given = password) {
  const exchange = server(options);
  const client = startScramClient({ password: given, nonce });
  const challenge = exchange.step(client.first);
  const { message } = await client.final(challenge.kind === "continue" ? challenge.data : "");
  const step = exchange.step(message);
  return step.kind === "success" ? step.clientKey : undefined;
}

/** Logs in elsewhere, where `stored` is the secret. */
async function logIn(clientKey: SecretBytes, stored: ScramSecret): Promise<string> {
  const exchange = server({ secret: stored });
  const client = startScramClient({ proved: { secret, clientKey: clientKey.reveal() }, nonce });
  const challenge = exchange.step(client.first);
  const final = await client.final(challenge.kind === "continue" ? challenge.data : "");
  const step = exchange.step(final.message);
  if (step.kind === "success") final.verify(step.data);
  return step.kind;
}

test("what a client proved logs in where the same secret is stored, without the password", async () => {
  const clientKey = await keyOf({ keepClientKey: true });
  expect(clientKey && (await logIn(clientKey, secret))).toBe("success");
});

test("so does a password that was held against it", async () => {
  const { proved, clientKey } = await proveScramPassword(password, secret);
  expect(proved).toBe(true);
  expect(clientKey && (await logIn(clientKey, secret))).toBe("success");
});

test("nothing is handed out unless it is asked for, nor of a client that failed or was doomed", async () => {
  expect(await keyOf({})).toBeNull();
  expect(await keyOf({ keepClientKey: true }, Buffer.from("pen"))).toBeUndefined();
  expect(await keyOf({ keepClientKey: true, doomed: true })).toBeUndefined();
  expect(await proveScramPassword(Buffer.from("pen"), secret)).toEqual({ proved: false, clientKey: null });
});

test("nor of a secret whose two keys do not belong together", async () => {
  const halves = { ...secret, storedKey: Buffer.alloc(32) };
  expect(await proveScramPassword(password, halves)).toEqual({ proved: true, clientKey: null });
});

test.each([
  ["salt", { salt: "c2FsdDI=" }, "another salt"],
  ["number of iterations", { iterations: 3 }, "3 iterations, and not 2"],
  ["number of iterations, as a hostile server has it", { iterations: 2 ** 31 - 1 }, "2147483647 iterations"],
])("where another %s is stored nothing is proved", async (_, other, reason) => {
  const clientKey = await keyOf({ keepClientKey: true });
  await expect(logIn(clientKey as SecretBytes, { ...secret, ...other })).rejects.toMatchObject({
    code: "secret_differs",
    message: expect.stringContaining(reason),
  });
});

test("a server that has the salt and not the secret is found out", async () => {
  const clientKey = await keyOf({ keepClientKey: true });
  const forged = { ...secret, serverKey: Buffer.alloc(32) };
  await expect(logIn(clientKey as SecretBytes, forged)).rejects.toThrow("incorrect server signature");
});
