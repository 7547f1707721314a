import { utf8Text } from "@sallyport/policy";
import type { Bytes } from "@sallyport/policy";
import { discoveryUrl } from "../../oauth/refusal-message.ts";
import { IssuerFault } from "./issuer-fault.ts";

/** How a rule names an issuer. */
export interface IssuerName {
  /** As tokens and its own description have it, to the last character. */
  readonly issuer: string;
  /** Its description. */
  readonly discovery: URL;
}

/**
 * The issuer of a rule. One that is written as the URL of its description is the issuer that this URL stands for (RFC 8414, 3.1
 * puts the well-known part behind the host, OpenID Connect behind all of it).
 *
 * @throws {IssuerFault} it is none, or none that can be asked safely
 */
export function issuerNamed(rule: Bytes): IssuerName {
  const discovery = safeUrl(utf8Text(discoveryUrl(rule)), true);
  const [, before, after] = wellKnown.exec(rule) ?? [];
  if (before === undefined && rule.includes("/.well-known/"))
    throw new IssuerFault(`"${rule}" is no URL of an issuer's description.`);
  return { issuer: utf8Text(before === undefined ? rule : `${before}${after ?? ""}`), discovery };
}

const wellKnown = /^(.*?)\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(\/.*)?$/;

/**
 * A URL that may be asked: by https. One of this machine's own address may do without where that is allowed, since nobody listens in
 * between: for tests, and for a proxy beside the gateway.
 *
 * @throws {IssuerFault}
 */
export function safeUrl(text: string, plainAllowed: boolean): URL {
  // An issuer may have written it.
  const shown = text.slice(0, 200).replace(/[^ -~]/g, "?");
  const url = URL.parse(text);
  if (url === null) throw new IssuerFault(`"${shown}" is no URL.`);
  const plain = plainAllowed && url.protocol === "http:" && isLoopback(url.hostname);
  if (url.protocol !== "https:" && !plain)
    throw new IssuerFault(`"${shown}" is refused: an issuer is asked by https only.`);
  if (url.username !== "" || url.password !== "")
    throw new IssuerFault("An issuer's URL holds a user name or a password.");
  return url;
}

/** Addresses only: what `localhost` is, a name service says. */
function isLoopback(hostname: string): boolean {
  return hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
