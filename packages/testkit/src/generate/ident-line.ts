import { nothing } from "./hba-line.ts";
import type { Random } from "./random.ts";
import { anyRegexToken } from "./regex-token.ts";
import { blanks, list, mutate, nameToken } from "./tokens.ts";

/** One line for `pg_ident.conf`: mostly a mapping that is right or nearly right, sometimes torn. */
export function identLine(r: Random, extraName: () => string): string {
  const name = (): string =>
    r.weighted([
      [6, extraName],
      [14, () => anyRegexToken(r)],
      [80, () => nameToken(r)],
    ]);
  const column = (): string => (r.chance(0.06) ? list(r, name) : name());
  const user = (): string => (r.chance(0.06) ? anyRegexToken(r) : column());
  const line = r.weighted<string>([
    [90, () => [column(), user(), user()].join(blanks(r))],
    [4, () => r.many(1, 5, column).join(blanks(r))],
    [3, () => [column(), user(), String.raw`ro\1le`, column()].join(blanks(r))],
    [3, () => nothing(r)],
  ]);
  return r.chance(0.2) ? mutate(r, line) : line;
}
