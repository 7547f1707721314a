import type { Method } from "@sallyport/policy";
import { runGss } from "./gss.ts";
import type { RunMethod } from "./login.ts";
import { runMd5, runPassword, runScram } from "./stored-secret.ts";
import { runCert, runPeer, runTrust } from "./system.ts";

/** How each method of the enforcement set is carried out; `reject` never gets here. */
export const methodRunners: ReadonlyMap<Method, RunMethod> = new Map<Method, RunMethod>([
  ["trust", runTrust],
  ["password", runPassword],
  ["md5", runMd5],
  ["scram-sha-256", runScram],
  ["peer", runPeer],
  ["cert", runCert],
  ["gss", runGss],
]);
