import type { Method } from "@sallyport/policy";
import { runGss } from "./gss.ts";
import { runIdent } from "./ident.ts";
import { runLdap } from "./ldap.ts";
import type { RunMethod } from "./login.ts";
import { runOauth } from "./oauth.ts";
import { runPam } from "./pam.ts";
import { runRadius } from "./radius.ts";
import { runMd5, runPassword, runScram } from "./stored-secret.ts";
import { runCert, runPeer, runTrust } from "./system.ts";

/** How each method of the enforcement set is carried out; `reject` never gets here. */
export const methodRunners: ReadonlyMap<Method, RunMethod> = new Map<Method, RunMethod>([
  ["trust", runTrust],
  ["scram-sha-256", runScram],
  ["md5", runMd5],
  ["password", runPassword],
  ["gss", runGss],
  ["ident", runIdent],
  ["peer", runPeer],
  ["ldap", runLdap],
  ["radius", runRadius],
  ["cert", runCert],
  ["pam", runPam],
  ["oauth", runOauth],
]);
