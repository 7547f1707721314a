/**
 * A process of its own that owns an embedded server, and stops it at the end of its input:
 * `node owner-process.ts DIRECTORY [PACKAGE]`, where PACKAGE is a copy of the binaries' package.
 */
import { once } from "node:events";
import { binariesIn, startEmbedded } from "../src/index.ts";

const [, , directory = "", copy] = process.argv;
const binaries = copy === undefined ? {} : { binaries: binariesIn("a copy", copy) };
const server = await startEmbedded({ directory, ...binaries });
const { pid, osUser, runsAs, socketDirectory } = server;
process.stdout.write(`${JSON.stringify({ pid, osUser, runsAs, socketDirectory })}\n`);
process.stdin.resume();
await once(process.stdin, "end");
await server.stop();
