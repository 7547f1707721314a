import type { Method } from "@sallyport/policy";
import { runLdap } from "./ldap.ts";
import { runOauth } from "./oauth.ts";
import { runPam } from "./pam.ts";
import { runIdent } from "./ident.ts";
import { runGss } from "./gss.ts";
import type { RunMethod } from "./login.ts";
import { runRadius } from "./radius.ts";
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
  ["ldap", runLdap],
  ["oauth", runOauth],
  ["pam", runPam],
  ["ident", runIdent],
  ["radius", runRadius],
  ["gss", runGss],
]);
