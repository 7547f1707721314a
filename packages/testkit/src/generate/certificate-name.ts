import type { CertificateName, NameValue } from "../named-certificate.ts";
import type { Random } from "./random.ts";
import { oneOf } from "./word.ts";

const common = ["2.5.4.3", "2.5.4.10", "2.5.4.11", "2.5.4.6", "2.5.4.7", "2.5.4.8"] as const;

/** Those that OpenSSL has a word for since long, whether they belong into a name or not. */
const rare = [
  "0.9.2342.19200300.100.1.1",
  "0.9.2342.19200300.100.1.25",
  "0.9.2342.19200300.100.1.3",
  "1.2.840.113549.1.1.1",
  "1.2.840.113549.1.9.1",
  "1.2.840.113549.1.9.2",
  "1.2.840.113549.1.9.8",
  "1.3.6.1.4.1.311.60.2.1.3",
  "1.3.6.1.5.5.7.3.2",
  "2.5.4",
  "2.5.4.4",
  "2.5.4.5",
  "2.5.4.9",
  "2.5.4.12",
  "2.5.4.15",
  "2.5.4.17",
  "2.5.4.20",
  "2.5.4.42",
  "2.5.4.43",
  "2.5.4.44",
  "2.5.4.45",
  "2.5.4.46",
  "2.5.4.65",
  "2.5.4.72",
] as const;

const plain = Array.from("abcXYZ019 =/:@.-_'*()[]{}~|^%$&!?`");
const odd = Array.from(',+"\\<>;# \0\t\n\r\u001b\u007f\u0080é\u00ffŘЖ\u2028€\ufeff\uffff😀\u{10ffff}');

/** How a text is written in a string type. */
type Encoding = readonly [tag: number, encode: (text: string) => Buffer];

const utf8: Encoding = [0x0c, (text) => Buffer.from(text, "utf8")];
const encodings: readonly [Encoding, ...Encoding[]] = [
  utf8,
  [0x12, latin1],
  [0x13, latin1],
  [0x14, latin1],
  [0x16, latin1],
  [0x1c, (text) => units(text, 4)],
  [0x1e, (text) => units(text.replaceAll(/[^\0-\uffff]/gu, "?"), 2)],
];

/** A name that OpenSSL reads: mostly a few common attributes, with values that need care. */
export function certificateName(r: Random): CertificateName {
  return r.many(0, 4, () => r.many(1, r.chance(0.8) ? 1 : 3, () => attribute(r)));
}

function attribute(r: Random): NameValue {
  const oid = r.weighted<string>([
    [35, () => "2.5.4.3"],
    [45, () => r.pick(common)],
    [15, () => r.pick(rare)],
    [5, () => unknown(r)],
  ]);
  return {
    oid,
    ...r.weighted([
      [94, () => text(r)],
      [6, () => noText(r)],
    ]),
  };
}

function unknown(r: Random): string {
  return ["2.999", ...r.many(1, r.chance(0.9) ? 4 : 40, () => String(r.below(2 ** (1 + r.below(31)))))].join(
    ".",
  );
}

function text(r: Random): Omit<NameValue, "oid"> {
  const chars = r.many(0, r.chance(0.9) ? 8 : 90, () => oneOf(r, r.chance(0.5) ? plain : odd));
  const nuls = r.chance(0.1);
  const whole = chars.filter((one) => nuls || one !== "\0").join("");
  const [tag, encode] = r.chance(0.6) ? utf8 : r.pick(encodings);
  return { tag, content: encode(whole) };
}

/** Types that are no text, and are shown as their octets. */
function noText(r: Random): Omit<NameValue, "oid"> {
  const content = Buffer.from(r.many(0, 6, () => r.below(256)));
  return r.weighted<Omit<NameValue, "oid">>([
    [1, () => ({ tag: 0x30, content })],
    [1, () => ({ tag: 0x03, content: Buffer.from([content.length === 0 ? 0 : r.below(8), ...content]) })],
    [1, () => ({ tag: r.pick([0x07, 0x08, 0x0b, 0x0d, 0x1d]), content })],
  ]);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function units(text: string, width: 2 | 4): Buffer {
  const codes = Array.from(text, (one) => one.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(codes.length * width);
  for (const [n, code] of codes.entries()) bytes.writeUIntBE(code, n * width, width);
  return bytes;
}
