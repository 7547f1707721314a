import { request as requestPlain } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import { utf8Bytes } from "@sallyport/policy";
import { abortError, startDeadline } from "@sallyport/wire";
import { IssuerFault } from "./issuer-fault.ts";
import { lookUpBy } from "./look-up.ts";
import type { AddressesOf } from "./look-up.ts";
import { parseStrictObject } from "./strict-json.ts";
import type { JsonObject } from "./strict-json.ts";

/** A question to an issuer. */
export interface IssuerQuestion {
  readonly url: URL;
  /** By POST, as a form; absent: GET. */
  readonly form?: URLSearchParams;
  /** `Authorization`, a secret. */
  readonly authorization?: string;
  /** Certificates of authorities in PEM; null: those that Node.js brings. */
  readonly authorities: string | null;
  /** Asked unless the host is an address. */
  readonly addressesOf: AddressesOf;
  /** Octets of an answer. */
  readonly largest: number;
  /** Milliseconds for all of it. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Octets of all headers of an answer. */
const largestHead = 16 * 1024;

/**
 * One request, one answer: a JSON object, with status 200. Redirections are not followed, nothing is kept for the next time,
 * and no more is read than asked for.
 *
 * @throws {IssuerFault}
 * @throws {WireError} the signal's reason
 */
export async function askIssuer(question: IssuerQuestion): Promise<JsonObject> {
  const { url, patience, signal } = question;
  if (signal.aborted) throw abortError(signal);
  const deadline = startDeadline(patience, "OAuth issuer", signal);
  let request: ClientRequest | null = null;
  try {
    request = send(question, deadline.signal);
    const object = parseStrictObject(await answerOf(request, question));
    if (object === null) throw faultOf(url, "it did not answer with a JSON object of unique names");
    return object;
  } catch (error) {
    if (signal.aborted) throw abortError(signal);
    if (deadline.signal.aborted) throw faultOf(url, `it did not answer within ${patience} ms`);
    if (error instanceof IssuerFault) throw error;
    throw faultOf(url, reasonOf(error));
  } finally {
    deadline.clear();
    request?.destroy();
  }
}

function send(question: IssuerQuestion, signal: AbortSignal): ClientRequest {
  const { url, form, authorization, authorities, addressesOf } = question;
  const body = form?.toString();
  const options = {
    method: body === undefined ? "GET" : "POST",
    // A connection of its own, which nobody before has used.
    agent: false,
    maxHeaderSize: largestHead,
    insecureHTTPParser: false,
    lookup: lookUpBy(addressesOf, signal),
    signal,
    headers: {
      accept: "application/json",
      "accept-encoding": "identity",
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": Buffer.byteLength(body),
      }),
    },
  } as const;
  const request =
    url.protocol === "https:"
      ? requestTls(url, {
          ...options,
          // Whatever the environment says.
          rejectUnauthorized: true,
          minVersion: "TLSv1.2",
          ...(authorities !== null && { ca: authorities }),
        })
      : requestPlain(url, options);
  request.end(body);
  return request;
}

async function answerOf(request: ClientRequest, { url, largest }: IssuerQuestion): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  request.on("error", reject);
  request.on("response", (response) => {
    const wrong = faultOfHead(response, largest);
    if (wrong !== null) {
      reject(faultOf(url, wrong));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > largest) reject(faultOf(url, tooLong(largest)));
      else chunks.push(chunk);
    });
    response.on("error", reject);
    response.on("end", () => resolve(Buffer.concat(chunks)));
  });
  // Whoever closes in the middle of its answer ends with no other event.
  request.on("close", () => reject(new Error("it closed the connection")));
  return await promise;
}

function faultOfHead({ statusCode, headers }: IncomingMessage, largest: number): string | null {
  const status = statusCode ?? 0;
  if (status >= 300 && status < 400) return `it answered with a redirection, status ${status}`;
  if (status !== 200) return `it answered with status ${status}`;
  const type = headers["content-type"] ?? "";
  if (!/^application\/(?:json|[a-z.-]+\+json)\s*(?:;|$)/i.test(type)) return "it did not answer with JSON";
  if (!/^(?:identity)?$/i.test(headers["content-encoding"] ?? ""))
    return "it answered with compressed content";
  return Number(headers["content-length"] ?? 0) > largest ? tooLong(largest) : null;
}

function tooLong(largest: number): string {
  return `its answer is longer than ${largest} bytes`;
}

/** The query of a URL may say more than a log should. */
function faultOf({ origin, pathname }: URL, reason: string): IssuerFault {
  return new IssuerFault(utf8Bytes(`Could not ask "${origin}${pathname}": ${reason}.`));
}

/** The system's or the library's code: words of theirs may quote what the issuer sent. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
