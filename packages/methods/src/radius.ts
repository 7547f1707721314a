import type { Bytes } from "@sallyport/policy";
import { Proof, toBuffer } from "@sallyport/wire";
import type { MethodOutcome } from "./outcome.ts";
import { receivePassword } from "./receive-password.ts";
import { ServiceBusy } from "./service-call.ts";
import type { ServiceCall } from "./service-call.ts";
import { readAnswer } from "./services/radius/answer.ts";
import { askRadius } from "./services/radius/ask.ts";
import { Md5Unavailable } from "./services/radius/digest.ts";
import { longestValue } from "./services/radius/packet.ts";
import { encodeAccessRequest, identifierOf } from "./services/radius/request.ts";
import { serversOf } from "./services/radius/servers.ts";
import type { ServerEntry } from "./services/radius/servers.ts";

export interface RadiusCall extends ServiceCall {
  /** Whether answers count that the server has not signed. */
  readonly requireMessageAuthenticator: boolean;
  readonly random: (length: number) => Buffer;
  /** The numeric addresses of a name, which may be one; or why there are none. */
  readonly addressesOf: (
    name: Bytes,
  ) => Promise<{ readonly addresses: readonly string[] } | { readonly failure: Bytes }>;
  /** Why a call of the system failed, in its own words. */
  readonly reasonOf: (error: unknown) => Bytes;
}

/** RFC 2865, 5.2. */
const longestPassword = 128;

/** For each server, as in PostgreSQL; nothing is sent twice. */
const answerWithin = 3000;

/**
 * The method `radius` (manual, 20.11): the password in clear text, judged by a RADIUS server. What the first says that answers
 * is final; of one that does not answer, or cannot be asked, the next one stands in.
 */
export async function radius(call: RadiusCall): Promise<MethodOutcome> {
  const { exchange, role, options, log, passOn } = call;
  exchange.request({ kind: "cleartext_password" });
  const password = await receivePassword(exchange);
  if (password === null) return { kind: "gone" };
  if (password.length > longestPassword) {
    log(`RADIUS authentication does not support passwords longer than ${longestPassword} characters`);
    return { kind: "failed", reason: null };
  }
  for (const server of serversOf(options)) {
    const verdict = await askInTurn(server, password, call);
    if (verdict === "reject") break;
    if (verdict === "accept") {
      const proof = passOn ? new Proof({ password }) : undefined;
      return { kind: "proved", identity: role, last: null, proof };
    }
  }
  return { kind: "failed", reason: null };
}

/** Null: it could not be asked or does not answer, and the log says so. */
async function askInTurn(
  server: ServerEntry,
  password: Bytes,
  call: RadiusCall,
): Promise<"accept" | "reject" | null> {
  const { log, turns } = call;
  const place = await placeOf(server, call);
  if (place === null) return null;
  try {
    return await turns.take(
      `RADIUS server "${server.name}", port ${place.port}`,
      async () => await ask(server, place, password, call),
    );
  } catch (error) {
    if (error instanceof ServiceBusy) log(error.message, { detail: error.detail });
    else if (error instanceof Md5Unavailable)
      log(`could not perform MD5 encryption of password: ${error.reason}`);
    else throw error;
    return null;
  }
}

interface ServerPlace {
  readonly address: string;
  readonly port: number;
}

/** Null: it cannot be asked, and the log says why. */
async function placeOf(server: ServerEntry, { addressesOf, log }: RadiusCall): Promise<ServerPlace | null> {
  const fault = faultOf(server);
  if (fault !== null) {
    log(fault);
    return null;
  }
  const port = portOf(server);
  const found = port === null ? { failure: noSuchPort } : await addressesOf(server.name);
  const failure = "failure" in found ? found.failure : noAddress;
  const [address] = "addresses" in found ? found.addresses : [];
  if (port !== null && address !== undefined) return { address, port };
  log(`could not translate RADIUS server name "${server.name}" to address: ${failure}`);
  return null;
}

/** `gai_strerror` of the C library. */
const [noSuchPort, noAddress] = [
  "Servname not supported for ai_socktype",
  "No address associated with hostname",
];

/** Why no request can be made for it, or none with whose answer anybody could be believed. */
function faultOf({ name, secret, nasIdentifier }: ServerEntry): Bytes | null {
  if (secret === "") return "RADIUS secret not specified";
  if (nasIdentifier.length <= longestValue) return null;
  return `RADIUS identifier for server "${name}" is longer than ${longestValue} bytes`;
}

function portOf({ port }: ServerEntry): number | null {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65_535 ? number : null;
}

async function ask(
  { name, secret, nasIdentifier }: ServerEntry,
  place: ServerPlace,
  password: Bytes,
  { role, random, requireMessageAuthenticator, log, reasonOf, signal }: RadiusCall,
): Promise<"accept" | "reject" | null> {
  const request = {
    user: toBuffer(role),
    password: toBuffer(password),
    nasIdentifier: toBuffer(nasIdentifier),
    secret: toBuffer(secret),
    authenticator: random(16),
  };
  const asked = { ...request, user: role, identifier: identifierOf(request), requireMessageAuthenticator };
  const packet = encodeAccessRequest(request);
  const surroundings = { log, reasonOf, signal, milliseconds: answerWithin };
  return await askRadius({ name, ...place }, packet, (datagram) => readAnswer(datagram, asked), surroundings);
}
