import { setTimeout as delay } from "node:timers/promises";
import { inPassing, maskRule, utf8Text } from "@sallyport/policy";
import type { Bytes, HbaRule } from "@sallyport/policy";
import type { Steps } from "@sallyport/policy";
import { showSetting } from "../config/index.ts";
import { livePace } from "../config/policy-files.ts";
import type { Gateway } from "../gateway.ts";
import type { FileReport, LivePolicy } from "../reload/live-policy.ts";
import type { Reloader } from "../reload/reloader.ts";
import { namesOf } from "../session/certificate.ts";
import type { RuleCount } from "../session/guest-book.ts";
import { gssOf } from "../session/shown-gss.ts";
import type { Visit } from "../session/visit.ts";
import type { TlsSession } from "../tls/tls-session.ts";
import type {
  PolicyStateJson,
  PoolJson,
  RuleCountJson,
  SessionGssJson,
  SessionJson,
  SessionTlsJson,
  StatusAnswer,
} from "./answers.ts";
import type { PoolState } from "../upstream/pool/session-pool.ts";
import type { DiskFile, DiskState, OnDisk, Reading } from "./on-disk.ts";
import { changeJson, reloadAnswer } from "./reload-answer.ts";

/** What there is to tell of. */
export interface StatusSource {
  readonly version: string;
  readonly pid: number;
  readonly startTime: Date;
  readonly gateway: Gateway;
  readonly policy: LivePolicy;
  readonly reloader: Reloader;
  readonly onDisk: OnDisk;
}

/** Milliseconds that an answer waits for the catalogue and for the disk; what is not known by then it says to be so. */
const askedWithin = 5000;

export async function statusAnswer(
  source: StatusSource,
  { rules, sessions }: { readonly rules: boolean; readonly sessions: boolean },
): Promise<StatusAnswer> {
  const { version, pid, startTime, gateway, reloader } = source;
  const [fault, disk, pending] = await Promise.all([
    gateway.catalogFault(AbortSignal.timeout(askedWithin)),
    diskState(source),
    inTime(reloader.pendingChanges()),
  ]);
  const { loaded, report } = reloader;
  const { visits } = gateway.guestBook;
  const inside = visits.filter(({ stage }) => stage === "session").length;
  return {
    pid,
    version,
    started: startTime.toISOString(),
    stopping: gateway.stopMode,
    doors: gateway.doors,
    upstream: {
      conninfo: utf8Text(showSetting(loaded, "upstream")),
      catalogue: fault === null ? "answers" : "fails",
      reason: fault === null ? null : utf8Text(fault),
    },
    connections: {
      sessions: inside,
      strangers: visits.length - inside,
      slots_taken: gateway.slotsTaken,
      max_connections: loaded.settings.max_connections,
    },
    pool: gateway.pool && poolJson(gateway.pool),
    last_reload: reloader.hasReloaded ? reloadAnswer(report) : null,
    policy: {
      sha256: report.policySha256,
      hba: fileState(report.hba, disk?.hba),
      ident: fileState(report.ident, disk?.ident),
    },
    settings: {
      file_name: utf8Text(report.settings.fileName),
      pending_reload: pending?.filter(({ needsRestart }) => !needsRestart).map(changeJson) ?? null,
      pending_restart: pending?.filter(({ needsRestart }) => needsRestart).map(changeJson) ?? [],
    },
    ...(rules && { rules: await livePace()(ruleSteps(source)) }),
    ...(sessions && { sessions: visits.map(sessionJson) }),
  };
}

function poolJson({ inUse, ...pool }: PoolState): PoolJson {
  return { in_use: inUse, ...pool };
}

/** Null: it takes longer than an answer may take. Whoever asks next hears of it. */
async function diskState({ onDisk, reloader: { loaded, report } }: StatusSource): Promise<DiskState | null> {
  const known = { hba: readingOf(report.hba), ident: readingOf(report.ident) };
  return await inTime(onDisk.look(loaded.settings, known));
}

async function inTime<T>(answer: Promise<T>): Promise<T | null> {
  return await Promise.race([answer, delay(askedWithin, null, { ref: false })]);
}

function readingOf({ fileName, sha256, read, verdict }: FileReport): Reading {
  return { fileName, sha256, read, loads: verdict !== "refused" };
}

function fileState({ fileName, liveSha256 }: FileReport, disk: DiskFile | undefined): PolicyStateJson {
  return {
    file_name: utf8Text(fileName),
    sha256: liveSha256,
    disk: disk === undefined ? null : { ...pick(disk), equal: disk.sha256 === liveSha256 && disk.loads },
  };
}

function pick({ sha256, loads }: DiskFile): DiskFile {
  return { sha256, loads };
}

function* ruleSteps({ gateway: { guestBook }, policy }: StatusSource): Steps<RuleCountJson[]> {
  const counts: RuleCountJson[] = [];
  for (const rule of inPassing(policy.current.rules)) {
    counts.push(ruleJson(guestBook.countOf(rule)));
    yield;
  }
  return counts;
}

function ruleJson({ rule, admitted, refused }: RuleCount): RuleCountJson {
  return {
    rule_number: rule.ruleNumber,
    ...placeOfRule(rule),
    line: utf8Text(maskRule(rule).trim()),
    admitted,
    refused,
  };
}

function placeOfRule({ fileName, lineNumber }: HbaRule): { file_name: string; line_number: number } {
  return { file_name: utf8Text(fileName), line_number: lineNumber };
}

function text(bytes: Bytes | null | undefined): string | null {
  return bytes == null ? null : utf8Text(bytes);
}

function sessionJson(visit: Visit): SessionJson {
  const { pid, startTime, stage, peer, packet, rule, identity, upstream, applicationName, tls } = visit;
  return {
    pid,
    since: startTime.toISOString(),
    stage,
    client_addr: peer.port === null ? null : utf8Text(peer.host),
    client_port: peer.port === null ? null : Number(peer.port),
    user: text(packet?.user),
    database: packet?.replication === true ? null : text(packet?.database),
    application_name: text(applicationName),
    replication: packet && packet.replication !== false,
    ssl: tls && sessionTls(tls),
    gss: sessionGss(visit),
    rule: rule && { ...placeOfRule(rule), method: rule.method },
    identity: text(identity),
    upstream: upstream && { server: utf8Text(upstream.server), pid: upstream.pid },
  };
}

function sessionGss(visit: Visit): SessionGssJson | null {
  const gss = gssOf(visit);
  if (gss === null) return null;
  const { principal, encrypted } = gss;
  return { gss_authenticated: principal !== null, principal: text(principal), encrypted };
}

function sessionTls(tls: TlsSession): SessionTlsJson {
  const { protocol, cipher, bits } = tls;
  return { version: protocol, cipher, bits, client_dn: text(namesOf(tls)?.distinguishedName) };
}
