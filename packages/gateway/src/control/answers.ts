import type { PlaceJson } from "@sallyport/policy";
import type { Verdict } from "../reload/live-policy.ts";
import type { Stage } from "../session/visit.ts";
import type { StopMode } from "../session/stopping.ts";

/** What is wrong with a file, as people are shown it. */
export interface DiagnosticJson {
  readonly severity: "error" | "warning" | "log";
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  readonly place: PlaceJson | null;
  /** The line and, under it, the caret; null: it may hold a secret. */
  readonly excerpt: readonly [string, string] | null;
}

interface FileJson {
  readonly file_name: string;
  /** `unchanged`, too, says that what lies on the disk counts. */
  readonly verdict: Verdict;
  /** The first of them. */
  readonly diagnostics: readonly DiagnosticJson[];
  /** How many more there are. */
  readonly diagnostics_left_out: number;
}

/** One of the two files. */
export interface PolicyFileJson extends FileJson {
  /** Of the one that counts: of its bytes; with includes of the list of all files and their hashes. */
  readonly sha256: string;
}

export interface SettingChangeJson {
  readonly name: string;
  /** The one on the disk; secrets are `***`. */
  readonly value: string;
  /** It is set nowhere any more, and this is its default. */
  readonly removed: boolean;
}

export interface SettingsFileJson extends FileJson {
  readonly changed: readonly SettingChangeJson[];
  /** Settings that have changed, too, and count from the next start on. */
  readonly need_restart: readonly SettingChangeJson[];
}

/** What became of TLS; the three texts are null unless it was refused, and then what counted before counts on. */
export interface TlsJson {
  readonly verdict: "off" | "loaded" | "refused";
  readonly message: string | null;
  readonly detail: string | null;
  readonly hint: string | null;
}

/** What became of all files, and of TLS. */
export interface ReloadAnswer {
  readonly at: string;
  readonly settings: SettingsFileJson;
  readonly hba: PolicyFileJson;
  readonly ident: PolicyFileJson;
  readonly tls: TlsJson;
  /** Null: secrets do not come from a file. */
  readonly auth_file: FileJson | null;
  /** Of all that decides now. */
  readonly policy_sha256: string;
}

/** One of the two files beside what lies on the disk. */
export interface PolicyStateJson {
  readonly file_name: string;
  readonly sha256: string;
  /** Null: that could not be found out in time. */
  readonly disk: { readonly sha256: string; readonly loads: boolean; readonly equal: boolean } | null;
}

/** Sessions upstream that are used again. */
export interface PoolJson {
  readonly in_use: number;
  readonly idle: number;
  /** Logins that wait for one. */
  readonly waiting: number;
  /** Since the start, like the next two. */
  readonly opened: number;
  readonly reused: number;
  /** Closed since they could not be made as new. */
  readonly spoilt: number;
}

export interface StatusAnswer {
  readonly pid: number;
  readonly version: string;
  readonly started: string;
  /** Null: it runs. */
  readonly stopping: StopMode | null;
  readonly doors: readonly string[];
  readonly upstream: {
    /** Without secrets. */
    readonly conninfo: string;
    readonly catalogue: "answers" | "fails";
    /** Why it fails. */
    readonly reason: string | null;
  };
  readonly connections: {
    /** Who is in. */
    readonly sessions: number;
    /** Who is on the way in. */
    readonly strangers: number;
    readonly slots_taken: number;
    readonly max_connections: number;
  };
  /** Null: `pool_mode` is off. */
  readonly pool: PoolJson | null;
  /** Null: the start, and none since. */
  readonly last_reload: ReloadAnswer | null;
  readonly policy: {
    readonly sha256: string;
    readonly hba: PolicyStateJson;
    readonly ident: PolicyStateJson;
  };
  readonly settings: {
    readonly file_name: string;
    /** What a reload would take; null: it would refuse the file. */
    readonly pending_reload: readonly SettingChangeJson[] | null;
    readonly pending_restart: readonly SettingChangeJson[];
  };
  /** Only if asked for: in the order of the file. */
  readonly rules?: readonly RuleCountJson[];
  /** Only if asked for: everybody in the house, in the order of arrival. */
  readonly sessions?: readonly SessionJson[];
}

/** What has come of a rule since its file was loaded. */
export interface RuleCountJson {
  readonly rule_number: number | null;
  readonly file_name: string;
  readonly line_number: number;
  /** As written; secrets are `***`. */
  readonly line: string;
  readonly admitted: number;
  readonly refused: number;
}

/** TLS of a connection, as `pg_stat_ssl` names it; null: there is none, or it is not known yet. */
export interface SessionTlsJson {
  readonly version: string;
  readonly cipher: string;
  readonly bits: number;
  /** The subject of the client's certificate; null: it has shown none. */
  readonly client_dn: string | null;
}

/** GSSAPI of a connection, as `pg_stat_gssapi` names it; null: there is none, or it is not known yet. */
export interface SessionGssJson {
  readonly gss_authenticated: boolean;
  /** Null: no rule has asked for it. */
  readonly principal: string | null;
  readonly encrypted: boolean;
}

export interface SessionJson {
  readonly pid: number;
  readonly since: string;
  readonly stage: Stage;
  readonly client_addr: string | null;
  readonly client_port: number | null;
  /** Null: not said yet, as the next ones. */
  readonly user: string | null;
  readonly database: string | null;
  readonly application_name: string | null;
  readonly replication: boolean | null;
  readonly ssl: SessionTlsJson | null;
  readonly gss: SessionGssJson | null;
  readonly rule: { readonly file_name: string; readonly line_number: number; readonly method: string } | null;
  readonly identity: string | null;
  readonly upstream: { readonly server: string; readonly pid: number | null } | null;
}

export interface StopAnswer {
  readonly pid: number;
  readonly mode: StopMode;
  /** Seconds that sessions may take to end by themselves. */
  readonly within: number;
}
