/** Which connection options our client half carries out. What it cannot do it refuses; nothing is ignored silently. */
import { channelBindingMode, tlsOptions } from "./tls-options.ts";
import { WireError } from "../errors.ts";
import { conninfoError } from "./values.ts";
import type { ConninfoValues } from "./values.ts";

/** Options with a fixed list of values: all that libpq knows, and those of them that are carried out here. */
const CHOICES: ReadonlyMap<string, { readonly known: readonly string[]; readonly done: readonly string[] }> =
  new Map([
    ["gssencmode", { known: ["disable", "prefer", "require"], done: ["disable", "prefer"] }],
    [
      "target_session_attrs",
      {
        known: ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
        done: ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
      },
    ],
    ["load_balance_hosts", { known: ["disable", "random"], done: ["disable", "random"] }],
    ["min_protocol_version", { known: ["3.0", "3.2", "latest"], done: ["3.0"] }],
    ["max_protocol_version", { known: ["3.0", "3.2", "latest"], done: ["3.0", "3.2", "latest"] }],
  ]);

/** Options that promise something that does not happen here, whatever their value. */
const REFUSED: readonly string[] = ["sslkeylogfile"];

/** What only a call can set that Node does not have. */
const TCP_OPTIONS: readonly string[] = ["keepalives_interval", "keepalives_count", "tcp_user_timeout"];

/** The calls that somebody brings along (`SessionSurroundings`). */
export interface SystemCalls {
  /** Sets options of TCP. */
  readonly tcpOptions: boolean;
  /** Tells the peer of a Unix socket. */
  readonly peer: boolean;
}

/**
 * @throws {WireError} `invalid_conninfo` for a value that libpq does not know, `not_supported` for one that we cannot carry out
 */
export function checkSupported(
  settings: ConninfoValues,
  calls: SystemCalls = { tcpOptions: false, peer: false },
): void {
  tlsOptions(settings);
  channelBindingMode(settings);
  for (const [keyword, { known, done }] of CHOICES) {
    const value = settings.get(keyword) ?? "";
    if (value !== "" && !known.includes(value)) {
      throw conninfoError(`invalid ${keyword} value: "${value}"`);
    }
    if (value !== "" && !done.includes(value)) {
      throw refused(`${keyword}=${value}`);
    }
  }
  const refusals = [
    ...REFUSED,
    ...(calls.tcpOptions ? [] : TCP_OPTIONS),
    ...(calls.peer ? [] : ["requirepeer"]),
  ];
  for (const keyword of refusals) {
    if ((settings.get(keyword) ?? "") !== "") {
      throw refused(keyword);
    }
  }
  if (settings.get("client_encoding") === "auto") {
    throw refused("client_encoding=auto");
  }
}

function refused(option: string): WireError {
  return new WireError("not_supported", `connection option ${option} is not supported by this build`);
}
