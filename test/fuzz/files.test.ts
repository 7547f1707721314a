import { explain, explanationText, hbaFileRules, identFileMappings } from "@sallyport/policy";
import { profileOf, seededRandom } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { readAnything } from "./disk.ts";
import type { Read } from "./disk.ts";

/** Fresh in every run, and printed: `SEED=n npm test` reads the same files again. */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const wanted = Number(process.env["FILES"] ?? 4_000);
/** Far more than any of these files takes; milliseconds. */
const slowest = 5_000;

const asked = { catalogue: null, now: new Date(0), whole: true };

const profiles = ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"].map((version) =>
  profileOf({ version, with: ["bsd", "sspi"] }),
);

test(`files of any bytes (SEED=${seed} FILES=${wanted})`, { timeout: 3_600_000 }, () => {
  const r = seededRandom(seed);
  let [loaded, decided] = [0, 0];
  let slow = 0;
  for (let file = 0; file < wanted; file += 1) {
    const started = performance.now();
    const profile = profiles[file % profiles.length] ?? profileOf();
    const read = readAnything(r, profile);
    const { hba, ident, policy } = read.reading;
    hbaFileRules(hba);
    if (ident) identFileMappings(ident);
    loaded += policy ? 1 : 0;
    // The rules of a file that does not load are good enough for this.
    const { rules, fileName: hbaFileName } = hba;
    const lines = { profile, hbaFileName, rules, mappings: ident?.mappings ?? [] };
    const attempt = { user: "u", systemUser: "u", address: r.chance(0.5) ? "127.0.0.1" : null };
    explanationText(explain(lines, attempt, {}, asked));
    decided += rules.length > 0 ? 1 : 0;
    slow = Math.max(slow, performance.now() - started);
    expect(unnamed(read), `file ${file} of SEED=${seed}`).toEqual([]);
  }
  console.info(
    `${wanted} files, ${decided} with rules, ${loaded} load; the slowest took ${slow.toFixed(0)} ms`,
  );
  expect(decided).toBeGreaterThan(wanted / 10);
  expect(slow).toBeLessThan(slowest);
});

/** The files and directories that were asked for and that no file or directory names. */
function unnamed({ needs, files, directories }: Read): string[] {
  const contents = [...files.values()].flatMap((file) => ("bytes" in file ? [file.bytes] : []));
  // A NUL byte lets lines run together at places that only the reader of lines knows.
  if (contents.some((bytes) => bytes.includes("\0"))) return [];
  const texts = contents.map(withoutQuotes);
  const listed = [...directories.values()].flatMap((one) => ("entries" in one ? one.entries : []));
  const names = new Set(listed.map(({ name }) => name));
  return needs
    .filter(({ kind }) => kind === "file" || kind === "directory")
    .map(({ name }) => name.slice(name.lastIndexOf("/") + 1))
    .filter((last) => !names.has(last) && !texts.some((text) => text.includes(withoutQuotes(last))));
}

/** And without what joins lines: a name may be spread over several. */
function withoutQuotes(bytes: string): string {
  return bytes.replaceAll(/["\\\r\n]/g, "");
}
