import { formatIp, inNetwork, masked, maskOf } from "@sallyport/policy";
import type { AddressPattern, Bytes, Ip, Token } from "@sallyport/policy";
import type { RuleFinder, Say } from "../source.ts";
import { isKeywordAddress } from "./names.ts";
import { prefixLength } from "../text/prefix.ts";

/** Addresses that are not what they seem to be. */
export const findAddresses: RuleFinder = ({ address, columns }, say) => {
  const token = columns.address;
  if (!address || !token) return;
  if (address.kind === "network") networkFindings(address, token, columns.mask, say);
  else if (address.kind === "hostname" && !isKeywordAddress(address.name))
    nameFindings(token, address.name, say);
};

function networkFindings(
  { ip, mask }: AddressPattern & { kind: "network" },
  token: Token,
  maskToken: Token | null,
  say: Say,
): void {
  spelling(token, token.text.split("/", 1)[0] ?? "", ip, "address", say);
  const prefix = prefixLength(mask);
  if (prefix === null) {
    const message = `the mask ${formatIp(mask)} is no prefix: the addresses that match lie scattered over all there are`;
    const number = maskToken && /^\d{1,3}$/.test(maskToken.text) ? maskToken.text : null;
    const hint =
      number !== null ? `A prefix is written ${formatIp(ip)}/${number}.` : "A prefix has its one bits first.";
    say("mask-gaps", maskToken ?? token, message, { hint });
    return;
  }
  if (maskToken) spelling(maskToken, maskToken.text, mask, "mask", say);
  const network = masked(ip, mask);
  if (network !== ip) hostBits(token, { ip, network, prefix, hasMask: maskToken !== null }, say);
  if (ip.length === 16 && prefix >= 96 && inNetwork(ip, mappedPrefix, maskOf(96, 6))) {
    const message = `no client has an address of ${formatIp(network)}/${prefix}: over IPv4 it has an IPv4 address`;
    say("ipv4-mapped", token, message, {
      hint: `Write ${formatIp(ip.slice(12))}/${prefix - 96}.`,
    });
  }
}

const mappedPrefix: Ip = `${"\0".repeat(10)}\xff\xff${"\0".repeat(4)}`;

function spelling(token: Token, text: Bytes, ip: Ip, noun: "address" | "mask", say: Say): void {
  const plain = formatIp(ip);
  // There are many ways to write IPv6, and none of them misleads.
  if (ip.length !== 4 || text === plain) return;
  const octal = text.split(".").some((part) => /^0[0-9]/.test(part));
  const decimal = text
    .split(".")
    .map((part) => part.replace(/^0+(?=[0-9])/, ""))
    .join(".");
  // 000 is 0 in every base.
  if (decimal === plain) return;
  const hint = octal
    ? `A part that begins with 0 is octal. Write ${plain}, or ${decimal} if that is meant.`
    : `Write ${plain}.`;
  say("address-spelling", token, `"${text}" is the ${noun} ${plain}`, { hint });
}

function hostBits(
  token: Token,
  { ip, network, prefix, hasMask }: { ip: Ip; network: Ip; prefix: number; hasMask: boolean },
  say: Say,
): void {
  const whole =
    prefix === 0 ? `every IPv${ip.length === 4 ? 4 : 6} address` : `all of ${formatIp(network)}/${prefix}`;
  const written = token.line.text.slice(token.start, token.end);
  const means = `${formatIp(network)}${hasMask ? "" : `/${prefix}`}`;
  const message = `${formatIp(ip)}/${prefix} is ${whole}: the bits behind the prefix do not count`;
  say("host-bits", token, message, {
    hint: `Write ${means}, or ${formatIp(ip)}/${8 * ip.length} if this one host is meant.`,
    fix: written === token.text ? means : null,
  });
}

function nameFindings(token: Token, name: Bytes, say: Say): void {
  const why = whyNoName(name);
  if (why === null) return;
  say("address-is-name", token, `"${name}" is read as a host name: ${why}`, {
    hint: "An address is written 10.1.2.0/24, or 10.1.2.0 255.255.255.0.",
  });
}

/** Null: it may be the name of a host, or with a leading dot the end of one. */
function whyNoName(name: Bytes): string | null {
  if (name === "" || name === ".") return "nothing has it";
  if (name.includes("%")) return "there is no such network interface here";
  if (name.includes(":")) return "it is no IPv6 address";
  if (/^[0-9.]+$/.test(name)) return "it is no IPv4 address";
  const label = /[^A-Za-z0-9_.\x80-\xff-]/.exec(name);
  if (label) return `no host name has a "${label[0]}" in it`;
  return /\.[0-9]+\.?$/.test(name) ? "no host name ends in a number" : null;
}
