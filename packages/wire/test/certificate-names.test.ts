/**
 * The names in certificates, against the servers that print them: those of the table on each of them, generated ones on
 * the newest.
 *
 * CERTIFICATES=2000 asks about more; SEED repeats a run.
 */
import { X509Certificate } from "node:crypto";
import { certificateName, nameSigner, seededRandom } from "@sallyport/testkit";
import type { Build, CertificateName, Major, NameValue } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import {
  certificateForLog,
  certificateNames,
  commonName,
  distinguishedName,
  nameForLog,
  serialNumberForLog,
} from "../src/index.ts";
import { certServer, show } from "./cert-server.ts";
import type { Said } from "./cert-server.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const count = Number(process.env["CERTIFICATES"] ?? 120);

const [utf8, printable, t61, ia5, universal, bmp] = [0x0c, 0x13, 0x14, 0x16, 0x1c, 0x1e] as const;
const [bitString, sequence] = [0x03, 0x30] as const;

/** A value whose octets are the characters of a byte string. */
const type =
  (oid: string) =>
  (bytes: string, tag: number = utf8): NameValue => {
    return { oid, tag, content: Buffer.from(bytes, "latin1") };
  };
const cn = type("2.5.4.3");
const o = type("2.5.4.10");
const ou = type("2.5.4.11");
const uid = type("0.9.2342.19200300.100.1.1");
const unknown = type("2.3.4.5");
const utf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

const authority = nameSigner([[cn("Test CA")]]);
const stranger = nameSigner([[o(utf("Œther"))], [cn("Stranger")]]);

const certificate = (subject: CertificateName, serial?: Uint8Array): X509Certificate =>
  new X509Certificate(authority.sign({ subject, ...(serial === undefined ? {} : { serial }) }));

interface Row {
  readonly what: string;
  readonly subject: CertificateName;
  readonly dn: string;
  readonly cn: string | null;
}

const rows: readonly Row[] = [
  { what: "nothing", subject: [], dn: "", cn: null },
  { what: "no common name", subject: [[o("Org")]], dn: "O=Org", cn: null },
  { what: "an empty common name", subject: [[cn("")]], dn: "CN=", cn: "" },
  { what: "an empty one first", subject: [[cn("")], [cn("b")]], dn: "CN=b,CN=", cn: "" },
  {
    what: "the last entry first",
    subject: [[o("Org")], [ou("U")], [cn("x")]],
    dn: "CN=x,OU=U,O=Org",
    cn: "x",
  },
  {
    what: "of two common names the first",
    subject: [[cn("one")], [cn("two")]],
    dn: "CN=two,CN=one",
    cn: "one",
  },
  { what: "sets", subject: [[o("o")], [cn("eve"), uid("77")]], dn: "UID=77+CN=eve,O=o", cn: "eve" },
  {
    what: "a set of three",
    subject: [[ou("c"), ou("b"), ou("a")], [cn("x")]],
    dn: "CN=x,OU=a+OU=b+OU=c",
    cn: "x",
  },
  {
    what: "characters of the syntax",
    subject: [[cn(',+"\\<>;#= ')]],
    dn: 'CN=\\,\\+\\"\\\\\\<\\>\\;#=\\ ',
    cn: ',+"\\<>;#= ',
  },
  { what: "a sharp in front", subject: [[cn("#a#")]], dn: "CN=\\#a#", cn: "#a#" },
  { what: "a sharp alone", subject: [[cn("#")]], dn: "CN=#", cn: "#" },
  { what: "blanks at both ends", subject: [[cn("  a  ")]], dn: "CN=\\  a \\ ", cn: "  a  " },
  { what: "a blank alone", subject: [[cn(" ")]], dn: "CN=\\ ", cn: " " },
  {
    what: "a set that looks as if it went on",
    subject: [[o("a + CN=b")], [cn("x")]],
    dn: "CN=x,O=a \\+ CN=b",
    cn: "x",
  },
  {
    what: "control characters",
    subject: [[cn("a\tb\nc\r\x1b\x7f")]],
    dn: "CN=a\\09b\\0Ac\\0D\\1B\\7F",
    cn: "a\tb\nc\r\x1b\x7f",
  },
  {
    what: "UTF-8",
    subject: [[o(utf("Škoda 😀"))], [cn(utf("Jiří"))]],
    dn: "CN=Ji\\C5\\99\\C3\\AD,O=\\C5\\A0koda \\F0\\9F\\98\\80",
    cn: utf("Jiří"),
  },
  { what: "ISO 8859-1 in a T61String", subject: [[cn("\xe9x", t61)]], dn: "CN=\\C3\\A9x", cn: "\xe9x" },
  {
    what: "the same in a PrintableString",
    subject: [[cn("\xe9@", printable)]],
    dn: "CN=\\C3\\A9@",
    cn: "\xe9@",
  },
  {
    what: "an IA5String",
    subject: [[type("1.2.840.113549.1.9.1")("a@b.example", ia5)], [cn("x")]],
    dn: "CN=x,emailAddress=a@b.example",
    cn: "x",
  },
  { what: "a BMPString", subject: [[o("\x01\x59\0 ", bmp)], [cn("x")]], dn: "CN=x,O=\\C5\\99\\ ", cn: "x" },
  {
    what: "a BMPString as common name, of which the octets count",
    subject: [[cn("abcd", bmp)]],
    dn: "CN=\\E6\\85\\A2\\E6\\8D\\A4",
    cn: "abcd",
  },
  {
    what: "a UniversalString",
    subject: [[o("\0\x01\xf6\0\0\0\0a", universal)], [cn("x")]],
    dn: "CN=x,O=\\F0\\9F\\98\\80a",
    cn: "x",
  },
  {
    what: "a type that nobody knows",
    subject: [[unknown("custom")], [cn("x")]],
    dn: "CN=x,2.3.4.5=#0C06637573746F6D",
    cn: "x",
  },
  {
    what: "its value long",
    subject: [[unknown("y".repeat(300))], [cn("x")]],
    dn: `CN=x,2.3.4.5=#0C82012C${"79".repeat(300)}`,
    cn: "x",
  },
  {
    what: "its number cut",
    subject: [[type(`1.2${".12345".repeat(30)}`)("z")], [cn("x")]],
    dn: `CN=x,1.2${".12345".repeat(12)}.123=#0C017A`,
    cn: "x",
  },
  { what: "a bit string", subject: [[o("\x03\xff", bitString)], [cn("x")]], dn: "CN=x,O=#030203F8", cn: "x" },
  { what: "a bit string as common name", subject: [[cn("\0x", bitString)]], dn: "CN=#03020078", cn: "x" },
  {
    what: "a sequence",
    subject: [[cn("\x02\x01\x05", sequence)]],
    dn: "CN=#3003020105",
    cn: "\x30\x03\x02\x01\x05",
  },
  { what: "an ObjectDescriptor", subject: [[o("x", 0x07)], [cn("x")]], dn: "CN=x,O=#070178", cn: "x" },
  {
    what: "more than the 64 characters of a common name",
    subject: [[cn("l".repeat(5000))]],
    dn: `CN=${"l".repeat(5000)}`,
    cn: "l".repeat(5000),
  },
  { what: "a NUL in another attribute", subject: [[o("a\0b")], [cn("x")]], dn: "CN=x,O=a\\00b", cn: "x" },
  {
    what: "a NUL in the second common name",
    subject: [[cn("x")], [cn("a\0b")]],
    dn: "CN=a\\00b,CN=x",
    cn: "x",
  },
];

/** A common name that lets nobody in by any rule. */
const nuls: Readonly<Record<string, NameValue>> = {
  "in the middle": cn("a\0b"),
  "at the end": cn("a\0"),
  alone: cn("\0"),
  "of a BMPString": cn("\0a\0b", bmp),
  "of a UniversalString": cn("\0\0\0a", universal),
};

describe("the names of a subject", () => {
  test.for(rows)("with $what", ({ subject, dn, cn }) => {
    const names = certificateNames(certificate(subject));
    expect(names).toEqual({ kind: "names", commonName: cn, distinguishedName: dn });
  });

  test.for(Object.entries(nuls))("with a NUL %s in the common name are of no use", ([, name]) => {
    const unusable = certificate([[name]]);
    const logMessage = "SSL certificate's common name contains embedded null";
    expect(certificateNames(unusable)).toEqual({ kind: "unusable", logMessage });
    expect(commonName(unusable)).toContain("\0");
    expect(distinguishedName(unusable)).not.toContain("\0");
  });

  test("in BER are of no use", () => {
    const pieces = certificate([[o("\x0c\x01x\x0c\x01y", 0x2c)], [cn("x")]]);
    const logMessage =
      "could not read the names of an SSL certificate: malformed certificate: a string in pieces";
    expect(certificateNames(pieces)).toEqual({ kind: "unusable", logMessage });
    expect(nameForLog(pieces, "subject")).toBe("unknown");
  });
});

describe("for the log", () => {
  test("names stand in the certificate's order", () => {
    const subject = [[o("Org")], [cn("eve"), uid("77")]];
    const serial = Buffer.from([0x10, 0]);
    expect(certificateForLog(certificate(subject, serial))).toBe(
      'subject "/O=Org/CN=eve/UID=77", serial number 4096, issuer "/CN=Test CA"',
    );
  });

  test("a name keeps its last 71 bytes, of which three are dots", () => {
    const named = (text: string): string => nameForLog(certificate([[cn(text)]]), "subject");
    expect(named("a".repeat(67))).toBe(`/CN=${"a".repeat(67)}`);
    expect(named("a".repeat(68))).toBe(`...${"a".repeat(68)}`);
    expect(named(utf("Ж").repeat(50))).toBe(`...${String.raw`\xd0\x96`.repeat(34)}`);
  });

  test("a type that nobody knows has its number", () => {
    expect(nameForLog(certificate([[unknown("custom")]]), "subject")).toBe("/2.3.4.5=custom");
  });

  test.for([
    ["00", "0"],
    ["01", "1"],
    ["0080", "128"],
    ["ff", "-1"],
    ["800000", "-8388608"],
    ["7fffffffffffffffffffffffffffffffffffffff", "730750818665451459101842416358141509827966271487"],
    [`7f${"ff".repeat(512)}`, "unknown"],
  ])("the serial number %s is %s", ([hex = "", decimal]) => {
    const { raw } = certificate([], Buffer.from(hex, "hex"));
    expect(serialNumberForLog(new X509Certificate(raw))).toBe(decimal);
  });
});

/** What a server says if the certificate's authority is the one that it trusts. */
function trustedSaid(pem: string, identities: boolean): Said {
  const nothing: Said = { identity: null, name: null, message: null, failed: null };
  const names = certificateNames(new X509Certificate(pem));
  if (names.kind === "unusable") return { ...nothing, message: names.logMessage };
  const { commonName, distinguishedName } = names;
  if (commonName === null || commonName === "") {
    return { ...nothing, message: "client certificate contains no user name" };
  }
  return { ...nothing, name: commonName, identity: identities ? distinguishedName : null };
}

/** ... and if it is not: then nothing of the certificate counts, and from 16 on the log shows it. */
function strangerSaid(pem: string, details: boolean): Said {
  const certificate = new X509Certificate(pem);
  const nothing: Said = { identity: null, name: null, message: null, failed: null };
  if (!details) return nothing;
  // Of a type that OpenSSL has no word for they do not even tell what failed.
  if (/(?:^|\n| \+ )\d/.test(certificate.subject)) {
    return { ...nothing, message: "could not get NID for ASN1_OBJECT object" };
  }
  return { ...nothing, failed: certificateForLog(certificate) };
}

type Seen = Said & { readonly cert: string };

/** What a server said of certificates of each authority, and what it should have. */
async function ask(
  major: Major,
  build: Build,
  subjects: readonly CertificateName[],
): Promise<{ readonly said: readonly Seen[]; readonly expected: readonly Seen[] }> {
  await using server = await certServer(major, build, authority);
  const shown = [authority, stranger].flatMap((signer) =>
    subjects.map((subject) => ({ signer, cert: signer.sign({ subject }), key: signer.key })),
  );
  const said = await show(server, shown);
  const expected = shown.map(({ signer, cert }) =>
    signer === authority ? trustedSaid(cert, major >= 14) : strangerSaid(cert, major >= 16),
  );
  const seen = (what: readonly Said[]): Seen[] =>
    what.map((one, n) => Object.assign(one, { cert: shown[n]?.cert ?? "" }));
  return { said: seen(said), expected: seen(expected) };
}

describe("say what servers say", () => {
  const subjects = [...rows.map(({ subject }) => subject), ...Object.values(nuls).map((name) => [[name]])];

  test.for([
    [13, "embedded"],
    [15, "embedded"],
    [15, "debian"],
    [16, "embedded"],
    [18, "embedded"],
  ] as const)("PostgreSQL %s, %s: these", async ([major, build]) => {
    const { said, expected } = await ask(major, build, subjects);
    expect(said).toEqual(expected);
  });

  test(
    `PostgreSQL 18: ${count} generated ones, seed ${seed}`,
    async () => {
      const random = seededRandom(seed);
      const names = Array.from({ length: count }, () => certificateName(random));
      const { said, expected } = await ask(18, "embedded", names);
      expect(said).toEqual(expected);
    },
    60_000 + 60 * count,
  );
});
