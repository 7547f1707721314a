import { basename } from "node:path";
import type {
  PolicyStateJson,
  PoolJson,
  ReloadAnswer,
  RuleCountJson,
  SessionJson,
  StatusAnswer,
} from "@sallyport/gateway";
import { counted, printable, shownTime } from "./printable.ts";
import { fileDiagnostics, reloadedFiles } from "./reload-text.ts";
import { alignedText, tableText } from "./table.ts";

/** `reload`, `check` and the log have all. */
const mostDiagnostics = 3;

/** What runs, in a dozen lines; rules and sessions behind it if they were asked for. */
export function statusText(status: StatusAnswer): string[] {
  const { version, pid, started, stopping, rules, sessions } = status;
  const state = stopping === null ? "runs" : `is stopping (${stopping})`;
  return [
    `sallyport ${version} ${state}: process ${pid}, since ${shownTime(started)}`,
    ...alignedText(facts(status)).map((line) => `  ${line}`),
    ...mistakes(status),
    ...(rules === undefined ? [] : ["", ...ruleText(rules)]),
    ...(sessions === undefined ? [] : ["", ...sessionText(sessions)]),
  ];
}

/** What keeps files on the disk from being loaded, as far as the last reload met it. */
function mistakes({ last_reload: last, policy: { hba, ident }, settings }: StatusAnswer): string[] {
  const files = [
    [last?.settings, settings.pending_reload === null],
    [last?.hba, hba.disk?.loads === false],
    [last?.ident, ident.disk?.loads === false],
    [last?.auth_file, last?.auth_file?.verdict === "refused"],
  ] as const;
  const broken = files.filter(([, isBroken]) => isBroken).map(([file]) => file);
  if (broken.length === 0) return [];
  const found = broken.flatMap((file) => (file?.verdict === "refused" ? fileDiagnostics(file) : []));
  return [
    ...(found.length === 0 ? [] : ["At the last reload:", ...found.slice(0, mostDiagnostics)]),
    'HINT:  "sallyport check" says what is wrong with the files on the disk.',
  ];
}

function facts({
  doors,
  upstream,
  connections,
  pool,
  last_reload,
  policy,
  settings,
}: StatusAnswer): [string, string][] {
  const { sessions, strangers, slots_taken, max_connections } = connections;
  const { conninfo, reason } = upstream;
  return [
    ["listening", doors.join(", ") || "nowhere any more"],
    ["upstream", printable(conninfo)],
    ["catalogue", reason === null ? "answers" : `fails: ${printable(reason)}`],
    [
      "connections",
      `${counted(sessions, "session")}, ${counted(strangers, "stranger")}; ${slots_taken} of ${max_connections} slots`,
    ],
    ["upstream sessions", pool === null ? "one for each client (pool_mode = off)" : poolFacts(pool)],
    ["last reload", last_reload === null ? "none since the start" : reloadFacts(last_reload)],
    ["policy", `sha256 ${policy.sha256}`],
    fileFacts(policy.hba),
    fileFacts(policy.ident),
    settingsFacts(settings),
  ];
}

function poolFacts({ in_use, idle, waiting, opened, reused }: PoolJson): string {
  const waits = waiting === 0 ? "" : `, ${counted(waiting, "login")} waiting`;
  return `${in_use} in use, ${idle} idle${waits}; ${opened} opened, used again ${counted(reused, "time")}`;
}

function reloadFacts(answer: ReloadAnswer): string {
  const files = reloadedFiles(answer).map(({ file_name, verdict }) => `${base(file_name)} ${verdict}`);
  return `${shownTime(answer.at)}: ${files.join(", ")}`;
}

function fileFacts({ file_name, sha256, disk }: PolicyStateJson): [string, string] {
  return [base(file_name), `${diskFacts(sha256, disk)}; sha256 ${sha256}`];
}

function diskFacts(live: string, disk: PolicyStateJson["disk"]): string {
  if (disk === null) return "not compared with the disk in time";
  if (disk.equal) return "as on disk";
  if (disk.loads) return "differs from the one on disk, which a reload would take";
  // So it is only after a start, at which a broken pg_ident.conf counts as empty.
  if (disk.sha256 === live) return "cannot be loaded, and counts as empty";
  return "differs from the one on disk, which cannot be loaded";
}

function settingsFacts({
  file_name,
  pending_reload,
  pending_restart,
}: StatusAnswer["settings"]): [string, string] {
  const differs = [
    ...(pending_reload === null ? ["cannot be loaded as it is on disk"] : []),
    ...(pending_reload?.length ? [`a reload would change ${names(pending_reload)}`] : []),
    ...(pending_restart.length > 0 ? [`a restart would change ${names(pending_restart)}`] : []),
  ];
  return [base(file_name), differs.join("; ") || "as on disk"];
}

function names(changes: readonly { readonly name: string }[]): string {
  return changes.map(({ name }) => name).join(", ");
}

function ruleText(rules: readonly RuleCountJson[]): string[] {
  const rows = rules.map(({ file_name, line_number, admitted, refused, line }) => [
    `${base(file_name)}:${line_number}`,
    String(admitted),
    String(refused),
    printable(line.replaceAll("\t", " ")),
  ]);
  return tableText(["rule", "admitted", "refused", "line"], rows);
}

const sessionColumns = [
  "pid",
  "user",
  "database",
  "application_name",
  "client",
  "encryption",
  "since",
  "stage",
  "rule",
  "method",
  "identity",
  "upstream",
  "upstream pid",
];

function sessionText(sessions: readonly SessionJson[]): string[] {
  return tableText(sessionColumns, sessions.map(sessionRow));
}

function sessionRow(session: SessionJson): string[] {
  const {
    pid,
    user,
    database,
    replication,
    application_name,
    ssl,
    gss,
    since,
    stage,
    rule,
    identity,
    upstream,
  } = session;
  return [
    String(pid),
    user ?? "-",
    database ?? (replication ? "[replication]" : "-"),
    application_name ?? "-",
    clientOf(session),
    ssl?.version ?? (gss?.encrypted === true ? "GSSAPI" : "-"),
    shownTime(since),
    stage,
    rule ? `${base(rule.file_name)}:${rule.line_number}` : "-",
    rule?.method ?? "-",
    identity ?? "-",
    upstream?.server ?? "-",
    String(upstream?.pid ?? "-"),
  ].map(printable);
}

function clientOf({ client_addr: address, client_port: port }: SessionJson): string {
  if (address === null) return "[local]";
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function base(file: string): string {
  return printable(basename(file));
}
