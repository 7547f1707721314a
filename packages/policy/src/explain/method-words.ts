import type { Bytes } from "../bytes.ts";
import type { Connection } from "../decide/attempt.ts";
import type { HbaOptions } from "../hba/options/values.ts";
import type { HbaRule } from "../hba/rule.ts";
import { ldapWords } from "./ldap-words.ts";

/**
 * What the method of a line asks, and whom.
 *
 * @param password what is asked for where the role's own password is
 */
export function methodWords(
  { method, options }: HbaRule,
  { user, encryption }: Connection,
  password: Bytes,
): Bytes[] {
  switch (method) {
    case "reject":
    case "sspi":
      return [];
    case "trust":
      return ["nothing is asked: whoever can connect is believed"];
    case "password":
    case "md5":
    case "scram-sha-256":
      return [password];
    case "peer":
      return ["nothing is asked: the kernel says which OS user is at the other end of the socket"];
    case "ident":
      return [
        "the Ident server of the client's machine (TCP port 113) says whose the connection is, and is believed",
      ];
    case "cert": {
      const name = options.clientname === "DN" ? "subject" : "common name";
      return [`the ${name} of a certificate that the server's CA signed`];
    }
    case "gss": {
      const realm = options.krbRealm ? ` of realm "${options.krbRealm}"` : "";
      const which = encryption === "gss" ? "that encrypts the connection" : "for this service";
      return [`a Kerberos ticket${realm}, the one ${which}`];
    }
    case "ldap":
      return ldapWords(options, user);
    case "radius":
      return [`a password, judged by ${radiusServers(options)}`];
    case "pam": {
      const service = options.pamService || "postgresql";
      return [`PAM service "${service}" must let the client in; its modules may ask for a password`];
    }
    case "bsd":
      return ["a password, judged by bsd"];
    case "oauth":
      return [tokenWords(options)];
  }
}

function radiusServers({ radiusServers: servers }: HbaOptions): Bytes {
  const names = (servers?.items ?? []).map((name) => `"${name}"`);
  return `RADIUS server ${names.join(", or without an answer ")}`;
}

function tokenWords({ oauthIssuer = "", oauthScope = "", oauthValidator = "" }: HbaOptions): Bytes {
  const scope = oauthScope === "" ? "" : `, with the scope "${oauthScope}"`;
  return `a token of the issuer "${oauthIssuer}"${scope}, judged by the validator "${oauthValidator}"`;
}
