import type { Bytes } from "@sallyport/policy";
import type { LogEntry } from "./entry.ts";
import { sessionId } from "./line-prefix.ts";
import { logTime, logTimeMs } from "./log-time.ts";
import { severityWord } from "./severity.ts";

/**
 * One message as a line of `jsonlog`: PostgreSQL's keys in PostgreSQL's order (manual, 19.8.5), absent where a
 * server leaves them out. `txid` and `query_id` are 0 and `vxid` is absent, as in a server where no transaction is.
 */
export function jsonForm(entry: LogEntry, lineNumber: number): Bytes {
  const { time, severity, sqlstate, message, fields, process, session } = entry;
  const { pid, startTime } = session ?? process;
  return `${json({
    timestamp: logTimeMs(time),
    user: session?.user,
    dbname: session?.database,
    pid,
    remote_host: session?.remoteHost,
    remote_port: session?.remotePort == null ? undefined : Number(session.remotePort),
    session_id: sessionId({ pid, startTime }),
    line_num: lineNumber,
    ps: session ? (session.ps ?? "") : undefined,
    session_start: logTime(startTime),
    txid: 0,
    error_severity: severityWord(severity),
    state_code: sqlstate === "00000" ? undefined : sqlstate,
    message,
    detail: fields.detail,
    hint: fields.hint,
    context: fields.context,
    application_name: session?.applicationName || undefined,
    backend_type: session ? (session.backendType ?? "not initialized") : "postmaster",
    query_id: 0,
    sallyport: fields.sallyport,
  })}\n`;
}

/**
 * The characters of UTF-8 beyond ASCII (RFC 3629, section 4), or a byte that is part of none. A server writes such
 * a byte as it is, and then the line is no JSON.
 */
const beyondAscii = new RegExp(
  [
    String.raw`[\xc2-\xdf][\x80-\xbf]`,
    String.raw`\xe0[\xa0-\xbf][\x80-\xbf]`,
    String.raw`[\xe1-\xec\xee\xef][\x80-\xbf]{2}`,
    String.raw`\xed[\x80-\x9f][\x80-\xbf]`,
    String.raw`\xf0[\x90-\xbf][\x80-\xbf]{2}`,
    String.raw`[\xf1-\xf3][\x80-\xbf]{3}`,
    String.raw`\xf4[\x80-\x8f][\x80-\xbf]{2}`,
    String.raw`[\x80-\xff]`,
  ].join("|"),
  "g",
);

/** JSON as UTF-8 bytes. A byte that is no UTF-8 is shown as `\xHH`, as PostgreSQL shows it in application names. */
function json(value: object): Bytes {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === "string" ? each.replace(beyondAscii, shown) : each,
  );
}

function shown(found: Bytes): Bytes {
  return found.length > 1 ? found : `\\x${found.charCodeAt(0).toString(16)}`;
}
