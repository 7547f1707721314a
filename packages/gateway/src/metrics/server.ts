import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import { FatalError } from "@sallyport/wire";
import { systemReason } from "../log/system-reason.ts";
import { reasonOf } from "../log/index.ts";
import type { Log } from "../log/index.ts";
import { showMetricsAddress } from "./metrics-address.ts";
import type { MetricsAddress } from "./metrics-address.ts";

/** What is answered to a request for a path. */
export interface Page {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string;
}

/** Connections at a time; more are closed unheard. */
const mostConnections = 64;

/** Milliseconds that a connection may last, whatever is done with it. */
const longestConnection = 15_000;

/** Milliseconds for a request to arrive. */
const longestRequest = 5000;

/** Bytes of a request line with its headers. */
const largestHeader = 8192;

const text = "text/plain; charset=utf-8";

/**
 * Answers GET and HEAD for these paths, one request a connection; reads no body. It must do no harm whoever asks, since
 * nobody is asked who he is.
 *
 * @returns what ends it
 * @throws {FatalError} 58000: the address cannot be had
 */
export async function servePages(
  address: MetricsAddress,
  pages: ReadonlyMap<string, () => Promise<Page>>,
  log: Log,
  longest: number = longestConnection,
): Promise<() => Promise<void>> {
  const limits = {
    maxHeaderSize: largestHeader,
    headersTimeout: longestRequest,
    requestTimeout: longestRequest,
    connectionsCheckingInterval: 1000,
  };
  const server = createServer(limits, (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    void answer(response, request.method ?? "", pages.get(path), log);
  });
  server.maxConnections = mostConnections;
  server.maxRequestsPerSocket = 1;
  server.on("connection", (socket) => {
    const tooLong = setTimeout(() => socket.destroy(), longest);
    socket.once("close", () => clearTimeout(tooLong));
  });
  await listening(server, address, log);
  return async () => await closing(server);
}

async function answer(
  response: ServerResponse,
  method: string,
  page: (() => Promise<Page>) | undefined,
  log: Log,
): Promise<void> {
  response.on("error", () => undefined); // whoever asked has left
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    send(response, 405, text, "only GET and HEAD are answered\n");
    return;
  }
  if (page === undefined) {
    send(response, 404, text, "there are /metrics, /livez and /readyz\n");
    return;
  }
  try {
    const { status, contentType, body } = await page();
    send(response, status, contentType, body);
  } catch (error) {
    log.log("WARNING", "could not answer a request for metrics", { detail: reasonOf(error) });
    send(response, 500, text, "internal error\n");
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  });
  response.end(body);
}

async function listening(server: Server, address: MetricsAddress, log: Log): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { host, port } = address;
  server.once("error", reject);
  server.listen({ port, exclusive: true, ...(host !== null && { host }) }, resolve);
  try {
    await promise;
  } catch (error) {
    throw couldNotBind(address, error);
  }
  server.off("error", reject);
  server.on("error", (error) => {
    log.log("LOG", `could not accept new connection for metrics: ${systemReason(error)}`);
  });
  log.log("LOG", `serving metrics on "${showMetricsAddress(address)}"`);
}

async function closing(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

function couldNotBind(address: MetricsAddress, cause: unknown): FatalError {
  const taken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
  const message = `could not bind "metrics_address" "${showMetricsAddress(address)}": ${systemReason(cause)}`;
  const hint = `Is another process already listening on port ${address.port}? Choose another one for "metrics_address".`;
  return new FatalError("58000", message, { hint: taken ? hint : undefined, cause });
}
