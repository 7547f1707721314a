import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import { ldap, systemTrust } from "@sallyport/methods";
import type { LdapLimits, LdapTrust } from "@sallyport/methods";
import { formatIp, utf8Bytes } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { systemDisk } from "../../config/disk.ts";
import { serviceLookUp } from "../../resolver/index.ts";
import type { LookUpServices } from "../../resolver/index.ts";
import type { RunMethod } from "./login.ts";
import { serviceCallOf } from "./service-call.ts";

/** What the machine says about directories. */
export interface LdapSurroundings {
  readonly servicesOf: LookUpServices;
  readonly trust: () => Promise<LdapTrust>;
  readonly limits?: LdapLimits;
}

/** The name servers of the system, and the configuration of OpenLDAP's clients. */
export function systemLdap(environment: Readonly<Record<string, string | undefined>>): LdapSurroundings {
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith("LDAP") && value !== undefined ? [[name, utf8Bytes(value)] as const] : [],
  );
  const trust = systemTrust(async (name) => {
    const content = await systemDisk.readFile(name);
    if ("bytes" in content) return content;
    const { reason, code } = content.openError;
    return { failed: reason, missing: code === "ENOENT" };
  }, new Map(variables));
  return { servicesOf: serviceLookUp(), trust };
}

export const runLdap: RunMethod = async (login, gate, rule) => {
  const { asker, signal, profile } = login;
  const { resolver, ldap: outside } = gate;
  const addressesOf = async (host: Bytes): Promise<readonly string[]> => {
    if (isIP(host) !== 0) return [host];
    const answer = await resolver.addressesOf(host, asker);
    return "addresses" in answer ? answer.addresses.map(formatIp) : [];
  };
  return await ldap({
    ...serviceCallOf(login, gate, rule),
    network: {
      ...outside,
      addressesOf,
      servicesOf: async (name) => await outside.servicesOf(name, signal),
      random: randomInt,
    },
    rebinds: profile.dialect.ldapRebinds,
    showsDiagnostics: profile.dialect.ldapDiagnosticsLogged,
  });
};
