import fc from "fast-check";
import { expect, test } from "vitest";
import { inNetwork } from "@sallyport/policy";
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

test("a fix does not change what PostgreSQL reads", () => {
  const address = fc
    .tuple(fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }), fc.nat(32))
    .map(([parts, prefix]) => `${parts.join(".")}/${prefix}`);
  fc.assert(
    fc.property(address, (written) => {
      const hba = `host d a ${written} scram-sha-256\n`;
      const fix = review(hba).find(({ id }) => id === "host-bits")?.fix;
      fc.pre(fix != null);
      if (fix == null) return;
      const { column, endColumn } = fix.place;
      const fixed = `${hba.slice(0, column - 1)}${fix.text}${hba.slice(endColumn - 1)}`;
      expect(review(fixed).filter(({ id }) => id === "host-bits")).toEqual([]);
      const [before, after] = [hba, fixed].map((text) => read(text).reading.hba.rules[0]?.address);
      expect(before?.kind === "network" && after?.kind === "network").toBe(true);
      if (before?.kind !== "network" || after?.kind !== "network") return;
      expect(after.mask).toBe(before.mask);
      expect(inNetwork(before.ip, after.ip, after.mask)).toBe(true);
    }),
    { numRuns },
  );
});
