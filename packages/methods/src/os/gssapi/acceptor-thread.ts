/**
 * A thread of its own, for the calls that may wait for a disk: those that read keytabs and write replay caches. Nothing
 * else runs on it, so what the library says of a failure, which it remembers for each thread, is that of the last call.
 */
import { parentPort } from "node:worker_threads";
import type { AcceptAnswer, AcceptRequest, AcquireAnswer, AcquireRequest } from "./acceptor.ts";
import { bindGssapi } from "./bind.ts";
import type { CredentialStore, Gssapi, HandleOut, Out, OutBuffer } from "./bind.ts";
import { isError, statusText, taken } from "./status.ts";

/** `GSS_C_ACCEPT`, `GSS_C_INDEFINITE` and `GSS_S_CONTINUE_NEEDED` (RFC 2744, appendix A). */
const [acceptOnly, indefinite, continueNeeded] = [2, 0xffff_ffff, 1];

const gssapi = await bindGssapi();

parentPort?.on("message", (request: AcquireRequest | AcceptRequest) => {
  const answer = request.kind === "acquire" ? acquire(gssapi, request) : accept(gssapi, request);
  parentPort?.postMessage(answer, []);
});

function acquire({ acquire }: Gssapi, { keytab }: AcquireRequest): AcquireAnswer {
  const value = Buffer.from(`${keytab}\0`, "latin1");
  const store: CredentialStore = { count: 1, elements: [{ key: "keytab", value }] };
  const [minor, credentials]: [Out, HandleOut] = [[0], [0]];
  const major = acquire(minor, 0, indefinite, 0, acceptOnly, keytab === "" ? null : store, credentials, 0, 0);
  return {
    credentials: credentials[0],
    status: isError(major) ? statusText(gssapi, major, minor[0]) : null,
  };
}

function accept({ accept }: Gssapi, { context: begun, credentials, token }: AcceptRequest): AcceptAnswer {
  const [minor, context, name]: [Out, HandleOut, HandleOut] = [[0], [begun], [0]];
  const output: OutBuffer = {};
  const input = { length: token.length, value: token };
  const major = accept(minor, context, credentials, input, 0, name, 0, output, [0], 0, 0);
  const status = isError(major) ? statusText(gssapi, major, minor[0]) : null;
  return {
    context: context[0],
    name: name[0],
    answer: taken(gssapi, output),
    continues: (major & continueNeeded) !== 0,
    status,
  };
}
