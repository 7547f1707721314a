import type { Compared } from "./compare.ts";

/**
 * What a connection came to with PostgreSQL, without names: who was let in and how; or what the client was told and
 * what of the reason stands in the log alone.
 */
export function outcomeOf({ attempt, server: { seen, logged } }: Compared): string {
  const way = wayOf(seen);
  const asked = seen.flatMap((line) => asks[/^R (\d+) /.exec(line)?.[1] ?? ""] ?? []);
  const bound = asked.includes("SASL") && attempt.answers.mechanism === "SCRAM-SHA-256-PLUS";
  const how = asked.length > 0 ? `, asked for ${asked.join("; ")}${bound ? ", bound to TLS" : ""}` : "";
  const error = seen.find((line) => line.startsWith("E "));
  if (error !== undefined) return `${way}${[...fieldsOf(error), ...reasons(logged)].join(" | ")}${how}`;
  const physical = logged.some((line) => line.startsWith("LOG: replication connection authorized"))
    ? "walsender "
    : "";
  if (seen.some((line) => line.startsWith("Z "))) return `${way}${physical}in by ${methodOf(logged)}${how}`;
  return `${way}closed${logged
    .slice(1)
    .map((line) => ` | ${anonymous(line)}`)
    .join("")}${how}`;
}

/** Over which TLS, if any, and whether it was begun at once; or whether encryption was asked for in vain. */
function wayOf(seen: readonly string[]): string {
  const [, version] = seen.flatMap((line) => /^TLS (\S+)/.exec(line) ?? []);
  if (version !== undefined) return `${seen[0]?.startsWith("TLS") ? "direct " : ""}${version}: `;
  return seen.includes('bytes "N"') ? "after N: " : "";
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
  "after N: in by ",
];

const failed = "closed | LOG: could not accept SSL connection: ";
const unverified = `${failed}certificate verify failed | DETAIL: Client certificate verification failed at depth 0: `;
const failedFor = 'authentication failed for user "…" | ';
const otherUser = "provided user name (…) and authenticated user name (…) do not match";
const mismatch = 'certificate validation (…) failed for user "…": CN mismatch';
const noUserName = 'certificate authentication failed for user "…": client certificate contains no user name';

/** The same of TLS, of clients' certificates, and of what SCRAM is bound to. */
export const expectedTlsOutcomes: readonly string[] = [
  ...["TLSv1.2", "direct TLSv1.2", "direct TLSv1.3"].map((way) => `${way}: in by `),
  ...[
    "in by trust",
    "in by password, asked for a password",
    "in by md5, asked for an MD5 answer",
    "in by md5, asked for SASL",
    "in by scram-sha-256, asked for SASL",
    "in by scram-sha-256, asked for SASL, bound to TLS",
    "in by md5, asked for SASL, bound to TLS",
    "in by cert",
    "28000 | connection requires a valid client certificate",
    '28000 | no pg_hba.conf entry for host "…", user "…", database "…", SSL encryption',
    '28000 | pg_hba.conf rejects connection for host "…", user "…", database "…", SSL encryption',
    `28000 | certificate ${failedFor}${otherUser}`,
    `28000 | certificate ${failedFor}no match in usermap "…" for user "…" authenticated as "…"`,
    `28000 | certificate ${failedFor}${noUserName}`,
    `28000 | "…" ${failedFor}${otherUser} | ${mismatch}`,
    ...["a password", "SASL"].flatMap((asked) =>
      [`${otherUser} | ${mismatch}`, noUserName].map(
        (reason) => `28P01 | password ${failedFor}${reason}, asked for ${asked}`,
      ),
    ),
    '28P01 | password authentication failed for user "…", asked for SASL, bound to TLS',
    '28P01 | password authentication failed for user "…" | Role "…" does not exist., asked for SASL, bound to TLS',
    "28000 | SCRAM channel binding check failed",
    "28000 | SCRAM channel binding negotiation error",
    "0A000 | client uses authorization identity, but it is not supported, asked for SASL",
    "0A000 | client uses authorization identity, but it is not supported, asked for SASL, bound to TLS",
    '08P01 | unsupported SCRAM channel-binding type "…"',
    "08P01 | malformed SCRAM message | The client selected SCRAM-SHA-256-PLUS, but",
    "08P01 | malformed SCRAM message | The client selected SCRAM-SHA-256 without channel binding, but",
    "0A000 | unsupported frontend protocol 1234.5679",
    "0A000 | unsupported frontend protocol 1234.5680",
  ].map((outcome) => `TLSv1.3: ${outcome}`),
  `${failed}EOF detected`,
  `${failed}no application protocol`,
  `${failed}unsupported protocol | HINT: `,
  `${failed}wrong version number | HINT: `,
  ...[
    "certificate has expired",
    "certificate is not yet valid",
    "self-signed certificate",
    "unable to get local issuer certificate",
    "unsuitable certificate purpose",
  ].map((reason) => `${unverified}${reason}.`),
  "closed | LOG: SSL certificate's common name contains embedded null",
  "closed | LOG: received direct SSL connection request without ALPN protocol negotiation extension",
  "08P01 | client selected an invalid SASL authentication mechanism, asked for SASL, bound to TLS",
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
  return text
    .replace(/".*?"(?=$|[ .,;:)])/gs, '"…"')
    .replace(/\([^)]*\)/g, "(…)")
    .replace(/\b(serial number|PID) \d+/g, "$1 …");
}
