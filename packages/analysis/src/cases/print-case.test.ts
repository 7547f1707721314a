import * as fc from "fast-check";
import { expect, test } from "vitest";
import { methods, parseClientAddress, utf8Bytes, verifiedName } from "@sallyport/policy";
import type { DescribedAttempt, Method } from "@sallyport/policy";
import type { Expectation } from "./case.ts";
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

interface Drawn {
  readonly user: string;
  readonly database: string | undefined;
  readonly address: string | null;
  readonly encryption: "none" | "ssl" | "gssenc";
  readonly replication: boolean | "database";
  readonly hostname: string | null | undefined;
  readonly systemUser: string | undefined;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  user: name,
  database: fc.option(name, { nil: undefined }),
  address: fc.option(address, { nil: null }),
  encryption: fc.constantFrom("none", "ssl", "gssenc"),
  replication: fc.constantFrom(false, true, "database" as const),
  hostname: fc.constantFrom(undefined, null, "db.example.com"),
  systemUser: fc.option(name, { nil: undefined }),
});
const attempts = drawn.map(describedOf);

function describedOf({
  user,
  database,
  address,
  encryption,
  replication,
  hostname,
  systemUser,
}: Drawn): DescribedAttempt {
  const isTcp = address !== null;
  const attempt = {
    user,
    address,
    ssl: isTcp && encryption === "ssl",
    gssenc: isTcp && encryption === "gssenc",
    replication,
    ...(database === undefined ? {} : { database }),
    ...(systemUser === undefined ? {} : { systemUser }),
  };
  if (hostname === undefined || !isTcp) return { attempt };
  return { attempt, hostname: verifiedName(hostname, parseClientAddress(address)) };
}

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
    .map(([outcome, more]) => Object.assign({ outcome, method: null }, more)),
  fc
    .tuple(fc.constantFrom(...admitting), details)
    .map(([method, more]) => Object.assign({ outcome: "authenticate" as const, method }, more)),
);

test("a case that is printed reads as the same case", () => {
  fc.assert(
    fc.property(attempts, expectations, (attempt, expected) => {
      const text = caseText({ ...attempt, expect: expected });
      const { cases, problems } = parseCases("c", text);
      expect(problems).toEqual([]);
      const read = cases.map(({ attempt, hostname, expect: again }) => ({
        attempt,
        hostname,
        expect: again,
      }));
      expect(read).toEqual([{ hostname: undefined, ...attempt, expect: expected }]);
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
