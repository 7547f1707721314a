import * as fc from "fast-check";
import { expect, test } from "vitest";
import { methods, parseClientAddress, utf8Bytes, verifiedName } from "@sallyport/policy";
import type { Method } from "@sallyport/policy";
import type { Case, Expectation } from "./case.ts";
import { askableOptions } from "./options.ts";
import { parseCases } from "./parse-cases.ts";
import { caseText } from "./print-case.ts";

const runs = Number(process.env["CASES"] ?? 300);

/** Names with all that has a meaning in a line of words, and line breaks, too. */
const name = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(..."ab=\"#=> ,\t\\{}:+'".split("")), minLength: 1, maxLength: 8 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
    fc.constantFrom("=>", "by", "local", "a\nb", "a\r", "\ufeffa"),
  )
  .map(utf8Bytes);

const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => parseClientAddress(text)?.text ?? "::1");

const attempts = fc
  .record({
    user: name,
    database: fc.option(name, { nil: undefined }),
    address: fc.option(address, { nil: null }),
    encryption: fc.constantFrom("none", "ssl", "gssenc"),
    replication: fc.constantFrom(false, true, "database" as const),
    hostname: fc.option(fc.oneof(fc.constant(null), fc.constant("db.example.com")), { nil: undefined }),
    systemUser: fc.option(name, { nil: undefined }),
  })
  .map(
    ({
      user,
      database,
      address,
      encryption,
      replication,
      hostname,
      systemUser,
    }): Omit<Case, "place" | "marks" | "expect"> => ({
      attempt: {
        user,
        address,
        ssl: address !== null && encryption === "ssl",
        gssenc: address !== null && encryption === "gssenc",
        replication,
        ...(database === undefined ? {} : { database }),
        ...(systemUser === undefined ? {} : { systemUser }),
      },
      ...(hostname === undefined || address === null
        ? {}
        : { hostname: verifiedName(hostname, parseClientAddress(address)) }),
    }),
  );

const admitting = (Object.keys(methods) as Method[]).filter((method) => method !== "reject");

const details = fc.record({
  options: fc
    .uniqueArray(fc.constantFrom(...askableOptions), { maxLength: 3 })
    .chain((names) =>
      fc.tuple(
        ...names.map((option) =>
          fc.record({ name: fc.constant(option), value: fc.oneof(name, fc.constant("")) }),
        ),
      ),
    ),
  by: fc.option(fc.record({ file: name, line: fc.integer({ min: 1, max: 999_999_999 }) }), { nil: null }),
});

const expectations: fc.Arbitrary<Expectation> = fc.oneof(
  fc
    .constantFrom("no_entry" as const, "unknown" as const)
    .map((outcome) => ({ outcome, method: null, options: [], by: null })),
  fc
    .tuple(fc.constantFrom("authenticate" as const, "reject" as const, "refused" as const), details)
    .map(([outcome, more]) => ({ outcome, method: null, ...more })),
  fc
    .tuple(fc.constantFrom(...admitting), details)
    .map(([method, more]) => ({ outcome: "authenticate" as const, method, ...more })),
);

test("a case that is printed reads as the same case", () => {
  fc.assert(
    fc.property(attempts, expectations, (attempt, expected) => {
      const text = caseText({ ...attempt, expect: expected });
      const { cases, problems } = parseCases("c", text);
      expect(problems).toEqual([]);
      expect(cases.map(({ place: _, marks: __, ...one }) => one)).toEqual([{ ...attempt, expect: expected }]);
    }),
    { numRuns: runs },
  );
});

test("whatever the bytes, each line is a case, a mistake or nothing", () => {
  const bytes = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 60,
  });
  const words = fc
    .array(
      fc.constantFrom(
        "user=a",
        "local",
        "=>",
        "trust",
        "by",
        "a:1",
        "map=",
        '"',
        "#",
        "{",
        "\n",
        "ssl",
        "address=::1",
      ),
      { maxLength: 12 },
    )
    .map((list) => list.join(" "));
  fc.assert(
    fc.property(fc.oneof(bytes, words), (text) => {
      const { cases, problems } = parseCases("c", text);
      const lines = text.split("\n").length;
      expect(cases.length + problems.length).toBeLessThanOrEqual(lines);
    }),
    { numRuns: runs },
  );
});
