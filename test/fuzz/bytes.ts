import { hbaLine, identLine } from "@sallyport/testkit";
import type { Random } from "@sallyport/testkit";

/** What the lexer and the parsers look for, so that noise comes near to what means something. */
const fragments = [
  "local",
  "host",
  "hostssl",
  "hostgssenc",
  "all",
  "replication",
  "samerole",
  "samenet",
  "trust",
  "scram-sha-256",
  "ldap",
  "radius",
  "oauth",
  "cert",
  "include",
  "include_if_exists",
  "include_dir",
  "@",
  "@a",
  "/",
  "/^(.*)@x$",
  "\\1",
  "+",
  "=",
  "map=",
  "clientcert=",
  "ldapurl=ldap://",
  'radiusservers="',
  "127.0.0.1",
  "::1",
  "/32",
  "0x",
  "%lo",
  '"',
  '""',
  ",",
  "#",
  "\\",
  "\\\n",
  " ",
  "\t",
  "\r",
  "\n",
  "\0",
  "\u00ef\u00bb\u00bf",
] as const;

/** The contents of a file: noise, or lines that mean something with noise in them. One unit a byte. */
export function anyBytes(r: Random): string {
  const extra = (): string => noise(r, 5);
  return r.weighted<string>([
    [3, () => noise(r, 400)],
    [4, () => r.many(1, 60, () => fragment(r)).join("")],
    [
      6,
      () =>
        spoilt(r, r.many(1, 12, () => (r.chance(0.7) ? hbaLine(r, extra) : identLine(r, extra))).join("\n")),
    ],
    [1, () => (noise(r, 4) || "a").repeat(1 + r.below(3000))],
  ]);
}

function fragment(r: Random): string {
  if (r.chance(0.1)) return noise(r, 6);
  return (fragments[r.below(fragments.length)] ?? "") + (r.chance(0.5) ? " " : "");
}

function noise(r: Random, most: number): string {
  return String.fromCharCode(...r.many(0, most, () => r.below(256)));
}

/** Some bytes changed, cut out, doubled or put in. */
function spoilt(r: Random, text: string): string {
  let bytes = text;
  for (let times = r.below(6); times > 0; times -= 1) {
    const [at, length] = [r.below(bytes.length + 1), r.below(8)];
    const middle = r.weighted<string>([
      [2, () => ""],
      [2, () => noise(r, 3)],
      [2, () => fragment(r)],
      [1, () => bytes.slice(at, at + length).repeat(2)],
    ]);
    bytes = bytes.slice(0, at) + middle + bytes.slice(at + length);
  }
  return bytes;
}
