import { compileRegex } from "@sallyport/policy";
import type { Dialect } from "@sallyport/policy";
import type { TestPostgres } from "@sallyport/testkit";
import { connect } from "@sallyport/wire";
import type { Client } from "@sallyport/wire";
import { byteDatabase, createByteDatabase } from "../byte-database.ts";

export interface Pair {
  readonly pattern: string;
  readonly subject: string;
}

/**
 * What the server says of one pair, in pieces: `no`; `error` and its text; or `yes`, then the subject with marks
 * around the match, and each group (the match stands for the group of an expression that has none). In this database
 * each byte is a character, as it is where the server reads `pg_hba.conf`. All of this is as old as PostgreSQL 10.
 */
const setup = `
  create function answer(subject text, pattern text) returns text language plpgsql as $$
  declare
    groups text[];
    answer text;
  begin
    if subject !~ pattern then return 'no'; end if;
    answer := concat_ws(e'\\x01', 'yes', regexp_replace(subject, pattern, e'\\x02\\\\&\\x03'));
    groups := regexp_match(subject, pattern);
    for number in 1 .. array_length(groups, 1) loop
      answer := concat_ws(e'\\x01', answer, coalesce(groups[number], 'absent'));
    end loop;
    return answer;
  exception when invalid_regular_expression then return 'error' || e'\\x01' || sqlerrm;
  end $$`;

/** A session in a database of single bytes. */
export async function regexOracle(server: TestPostgres): Promise<Client> {
  const options = {
    hosts: [{ host: server.socketDirectory, port: server.port }],
    user: server.superuser,
  };
  await createByteDatabase(server);
  const oracle = await connect({ ...options, database: byteDatabase });
  await oracle.query(setup);
  return oracle;
}

/** The server's answers, each in the pieces above. */
export async function serverAnswers(oracle: Client, pairs: readonly Pair[]): Promise<string[]> {
  const { rows } = await oracle.query(
    "select answer(subject, pattern) from unnest($1::text[], $2::text[]) as pair(subject, pattern)",
    [arrayOf(pairs.map(({ subject }) => subject)), arrayOf(pairs.map(({ pattern }) => pattern))],
    { timeout: 600_000 },
  );
  return rows.map(([answer]) => answer ?? "null");
}

function arrayOf(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(",")}}`;
}

/** Ours, in the server's form; both ways of asking must agree. */
export function ourAnswer({ pattern, subject }: Pair, dialect: Dialect): string {
  const regex = compileRegex(pattern, dialect);
  if ("error" in regex) return pieces("error", `invalid regular expression: ${regex.error}`);
  const match = regex.match(subject);
  if ("error" in match) return pieces("error", `regular expression failed: ${match.error}`);
  if (regex.test(subject) !== match.matched) return "test and match disagree";
  if (!match.matched) return "no";
  const [whole, ...groups] = match.captures;
  const [start, end] = whole ?? [0, 0];
  const text = subject.slice(start, end);
  const marked = `${subject.slice(0, start)}\x02${text}\x03${subject.slice(end)}`;
  const texts = groups.map((span) => (span === null ? "absent" : subject.slice(...span)));
  return pieces("yes", marked, ...(texts.length > 0 ? texts : [text]));
}

function pieces(...parts: readonly string[]): string {
  return parts.join("\x01");
}
