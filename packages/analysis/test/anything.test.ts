import * as fc from "fast-check";
import { expect, test } from "vitest";
import { read, review } from "./review.ts";

/** Longer runs: FINDINGS_RUNS=100000. */
const numRuns = Number(process.env["FINDINGS_RUNS"] ?? 300);

const words = [
  "local host hostssl hostnossl hostgssenc all ALL sameuser replication +g /a /^a$ /( @ , a,b a,,b",
  'a#b # "all" "" "x \'y\' 10.1.2.3/8 10.0.0.0/8 010.1.2.3/32 10.0.0.0 24 255.0.0.0 ::1/64 ::ffff:1.2.3.4/120',
  "300.1.1.1 samenet .x.org trust reject md5 password peer ident gss ldap ldapserver=x ldapprefix=y ldaptls=yes",
  "include_realm=0 map=m map= clientcert=verify-full ldapbindpasswd=hunter2 include x include_dir \\",
]
  .flatMap((line) => line.split(" "))
  .concat("# sallyport: ignore trust-remote -- x", "# sallyport: ignore");

const line = fc
  .array(fc.constantFrom(...words), { minLength: 1, maxLength: 8 })
  .map((some) => some.join(" "));
const file = fc.array(fc.oneof({ weight: 4, arbitrary: line }, fc.string({ unit: "binary" })), {
  maxLength: 6,
});
const latin1 = (lines: readonly string[]): string => Buffer.from(lines.join("\n")).toString("latin1");

const disk = {
  files: { "/etc/x": { bytes: "local all all trust\n" }, "/etc/\\": { bytes: "" } },
  directories: {},
};

/** Whatever other files a text names there are not. */
function readAnything(hba: string, ident: string, version: string): ReturnType<typeof review> | null {
  try {
    const options = { ident, profile: { version }, ...disk };
    return review(hba, { ...options, poolers: ["pgbouncer", "pgpool"] });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("the disk lacks")) return null;
    throw error;
  }
}

test("of any two files something can be said, in place, and without their secrets", () => {
  fc.assert(
    fc.property(file, file, fc.constantFrom("10", "13", "15", "18", "19"), (hba, ident, version) => {
      const [hbaText, identText] = [latin1(hba), latin1(ident)];
      for (const finding of readAnything(hbaText, identText, version) ?? []) {
        const { place, excerpt, message } = finding;
        expect(message).not.toBe("");
        expect(JSON.stringify(finding)).not.toContain("hunter2");
        expect(place.lineNumber).toBeGreaterThan(0);
        expect(place.column).toBeGreaterThan(0);
        expect(place.endColumn).toBeGreaterThanOrEqual(place.column);
        expect(excerpt).not.toBeNull();
      }
    }),
    { numRuns },
  );
});

/** All that decides, with networks for the addresses that they are written with. */
function meaning(hba: string, ident: string): unknown {
  const { reading } = read(hba, { ident });
  return [
    reading.hba.rules.map(({ type, databases, users, address, method, options }) => ({
      type,
      names: [...databases, ...users].map(({ kind, token }) => [kind, token.text, token.quoted]),
      address: address?.kind === "network" ? [networkOf(address.ip, address.mask), address.mask] : address,
      method,
      options,
    })),
    reading.hba.problems.map(({ text }) => text),
    reading.ident?.entries.map(({ mapping, error }) => [
      mapping && [mapping.mapName, mapping.systemUser.token.text, mapping.databaseUser.token.text],
      error,
    ]),
  ];
}

function networkOf(ip: string, mask: string): number[] {
  return Array.from(ip, (byte, at) => byte.charCodeAt(0) & mask.charCodeAt(at));
}

test("no fix changes what PostgreSQL reads", () => {
  let fixes = 0;
  const record = fc
    .tuple(
      fc.constantFrom("a", "a,b", "a,,b", "a, ,b", "a ,", ",a", '"a,,b"', "all"),
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }).map((parts) => parts.join(".")),
      fc.oneof(
        fc.nat(32).map((prefix) => `/${prefix}`),
        fc.constantFrom(" 255.255.0.0", " 24"),
      ),
    )
    .map(([names, ip, mask]) => `host ${names} all ${ip}${mask} md5`);
  const mapping = fc.constantFrom("m a b", "m a b c d", "m a b, c # d", "m a b c#d", "m a,,b c", "m , a b");
  fc.assert(
    fc.property(record, mapping, (hbaLine, identLine) => {
      const texts = { hba: `${hbaLine}\n`, ident: `${identLine}\n` };
      const before = meaning(texts.hba, texts.ident);
      for (const { fix } of review(texts.hba, { ident: texts.ident })) {
        if (fix === null) continue;
        fixes += 1;
        const { fileName, column, endColumn } = fix.place;
        const which = fileName.endsWith("pg_hba.conf") ? "hba" : "ident";
        const text = texts[which];
        const fixed = `${text.slice(0, column - 1)}${fix.text}${text.slice(endColumn - 1)}`;
        const after = { ...texts, [which]: fixed };
        expect(meaning(after.hba, after.ident)).toEqual(before);
      }
    }),
    { numRuns },
  );
  expect(fixes).toBeGreaterThan(numRuns / 4);
});
