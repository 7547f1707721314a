import type { Observed } from "./compare.ts";

/**
 * What a connection came to, without names: who was let in and how; or what the client was told and what of the
 * reason stands in the log alone.
 */
export function outcomeOf({ seen, logged }: Observed): string {
  const asked = seen.flatMap((line) => asks[/^R (\d+) /.exec(line)?.[1] ?? ""] ?? []);
  const how = asked.length > 0 ? `, asked for ${asked.join("; ")}` : "";
  const error = seen.find((line) => line.startsWith("E "));
  if (error !== undefined) return `${[...fieldsOf(error), ...reasons(logged)].join(" | ")}${how}`;
  const physical = logged.some((line) => line.startsWith("LOG: replication connection authorized"))
    ? "walsender "
    : "";
  if (seen.some((line) => line.startsWith("Z "))) return `${physical}in by ${methodOf(logged)}${how}`;
  return `closed${logged
    .slice(1)
    .map((line) => ` | ${anonymous(line)}`)
    .join("")}${how}`;
}

/** What has to occur in every run: of each method success and failure, each reason, each refusal after the proof. */
export const expectedOutcomes: readonly string[] = [
  "in by trust",
  "in by password, asked for a password",
  "in by md5, asked for an MD5 answer",
  "in by md5, asked for SASL",
  "in by scram-sha-256, asked for SASL",
  "walsender in by",
  "28000 | pg_hba.conf rejects ",
  "28000 | no pg_hba.conf entry for",
  ...["a password", "an MD5 answer", "SASL"].flatMap((asked) =>
    [
      'Role "…" does not exist.',
      'User "…" has no password assigned.',
      'User "…" has an expired password.',
    ].map((reason) => `28P01 | password authentication failed for user "…" | ${reason}, asked for ${asked}`),
  ),
  ...["a password", "an MD5 answer"].map(
    (asked) =>
      `28P01 | password authentication failed for user "…" | Password does not match for user "…"., asked for ${asked}`,
  ),
  '28P01 | password authentication failed for user "…" | User "…" does not have a valid SCRAM secret., asked for SASL',
  '28P01 | password authentication failed for user "…", asked for SASL',
  "28P01 | empty password returned by client, asked for a password",
  "08P01 | expected password response, got message type",
  "08P01 | expected SASL response, got message type",
  "08P01 | malformed SCRAM message",
  "08P01 | client selected an invalid SASL authentication mechanism",
  "closed | LOG: invalid message length, asked for a password",
  "closed | LOG: incomplete message from client, asked for a password",
  "closed, asked for a password",
  "closed, asked for SASL",
  '28000 | role "…" does not exist',
  '28000 | role "…" is not permitted to log in',
  '53300 | too many connections for role "…"',
  "42501 | permission denied to start WAL sender",
  '3D000 | database "…" does not exist',
  '55000 | cannot connect to invalid database "…"',
  '55000 | database "…" is not currently accepting connections',
  '42501 | permission denied for database "…" | User does not have CONNECT privilege.',
  '53300 | too many connections for database "…"',
  '42704 | unrecognized configuration parameter "…"',
  '22023 | invalid value for parameter "…": "…"',
];

export const expectedPeerOutcomes: readonly string[] = [
  "in by peer",
  '28000 | Peer authentication failed for user "…" | provided user name (…) and authenticated user name (…) do not match',
  '28000 | Peer authentication failed for user "…" | no match in usermap "…" for user "…" authenticated as "…"',
  '28000 | Peer authentication failed for user "…" | local user with ID 54321 does not exist',
];

const asks: Readonly<Record<string, string>> = {
  "3": "a password",
  "5": "an MD5 answer",
  "10": "SASL",
};

function methodOf(logged: readonly string[]): string {
  const [method] = logged.flatMap(
    (line) => /^LOG: connection authenticated: .* method=([\w-]+) /s.exec(line)?.[1] ?? [],
  );
  return method ?? "nothing";
}

/** SQLSTATE and message. */
function fieldsOf(error: string): readonly string[] {
  const [, code = "", message = ""] = /"C(\w{5})" "M((?:[^"\\]|\\.)*)"/.exec(error) ?? ["", "", error];
  return [code, anonymous(message.replaceAll('\\"', '"'))];
}

/** What the log says beyond the error: the reason before the matched line, and why a map did not. */
function reasons(logged: readonly string[]): readonly string[] {
  return logged.flatMap((line) => {
    const [, reason] =
      /^(?:DETAIL|LOG): (?!Connection matched|connection |replication )(.*)$/s.exec(line) ?? [];
    return reason === undefined ? [] : [anonymous(reason.replace(/\n\tConnection matched .*$/s, ""))];
  });
}

function anonymous(text: string): string {
  // Names may have quotes in them: one ends where the words around it go on.
  return text.replace(/".*?"(?=$|[ .,;:)])/gs, '"…"').replace(/\([^)]*\)/g, "(…)");
}
