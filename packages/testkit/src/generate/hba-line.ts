import { addressColumns } from "./hba-address.ts";
import { everyOption, hbaOptions } from "./hba-options.ts";
import type { Random } from "./random.ts";
import { anyRegexToken } from "./regex-token.ts";
import { blanks, list, mutate, nameToken, quote } from "./tokens.ts";
import { oneOf } from "./word.ts";

/** One line for `pg_hba.conf`: mostly a record that is right or nearly right, sometimes torn. */
export function hbaLine(r: Random, extraName: () => string): string {
  const line = r.weighted<string>([
    [92, () => record(r, extraName)],
    [3, () => nothing(r)],
    [5, () => r.many(1, 7, () => nameToken(r)).join(blanks(r))],
  ]);
  return r.chance(0.2) ? mutate(r, line) : line;
}

/** A line that holds no record. */
export function nothing(r: Random): string {
  return r.pick(["", "   ", " \t\r ", "# a comment", "\t# local all all trust", ",", '# "quoted', "#,\\"]);
}

function record(r: Random, extraName: () => string): string {
  const type = connectionType(r);
  const name = (): string =>
    r.weighted<string>([
      [6, extraName],
      [5, () => anyRegexToken(r)],
      [89, () => nameToken(r)],
    ]);
  const columns = [type, list(r, name), list(r, name)];
  if (type !== "local" || r.chance(0.05)) columns.push(...addressColumns(r));
  const word = methodFor(r, type);
  columns.push(word, ...hbaOptions(r, type, word));
  if (r.chance(0.01)) columns.push(extraName());
  if (r.chance(0.02)) columns[r.below(columns.length)] = extraName();
  if (r.chance(0.04)) columns.splice(r.below(columns.length), 1);
  if (r.chance(0.015)) columns.length = r.below(columns.length);
  return (
    columns.map((column, at) => (at === 0 ? "" : blanks(r)) + column).join("") + (r.chance(0.05) ? " " : "")
  );
}

const typeWords = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"] as const;

function connectionType(r: Random): string {
  return r.weighted<string>([
    [26, () => "local"],
    [28, () => "host"],
    [18, () => "hostssl"],
    [8, () => "hostnossl"],
    [6, () => "hostgssenc"],
    [6, () => "hostnogssenc"],
    [2, () => quote(r.pick(typeWords))],
    [1, () => r.pick(['""local', 'hos"t"', '"host"ssl', 'lo"ca"l'])],
    [3, () => r.pick(["LOCAL", "hosts", "Host", "tcp", "", "host,local", "include", '""'])],
  ]);
}

const methodWords = [
  "trust",
  "reject",
  "md5",
  "scram-sha-256",
  "password",
  "peer",
  "ident",
  "cert",
  "gss",
  "sspi",
  "pam",
  "bsd",
  "ldap",
  "radius",
  "oauth",
] as const;

/** A method, more often than not one that the type of the record can have. */
function methodFor(r: Random, type: string): string {
  const fitting = type === "local" ? "peer" : type === "hostssl" ? "cert" : "ident";
  return r.weighted<string>([
    [15, () => fitting],
    [10, () => "radius"],
    [10, () => "oauth"],
    [8, () => "ldap"],
    [60, () => r.pick(methodWords)],
    [3, () => quote(r.pick(methodWords))],
    [1, () => oneOf(r, everyOption)],
    [
      3,
      () =>
        r.pick([
          "TRUST",
          "krb5",
          "crypt",
          "scram",
          "implicit",
          "implicit reject",
          "Trust",
          '""',
          "trust,md5",
          "md5,",
        ]),
    ],
  ]);
}
