import { randomBytes } from "node:crypto";
import { matchedLineDetail } from "@sallyport/policy";
import type { HbaRule, ServerProfile } from "@sallyport/policy";
import {
  authenticationFailed,
  cert,
  md5,
  password,
  peer,
  scramSha256,
  unjudgedPassword,
} from "@sallyport/methods";
import type { Exchange, MethodOutcome, PasswordLogin } from "@sallyport/methods";
import { userName } from "@sallyport/methods/os";
import type { PeerCredentials } from "@sallyport/methods/os";
import type { StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../catalog/catalog.ts";
import type { Settings } from "../config/index.ts";
import type { Log } from "../log/index.ts";
import type { TlsSession } from "../tls/tls-session.ts";
import { namesOf } from "./certificate.ts";

/** What the methods need of the gate. */
export interface MethodSurroundings {
  readonly settings: Settings;
  readonly nodeKey: Buffer;
}

/** A login that has met its rule. */
export interface Login {
  readonly profile: ServerProfile;
  readonly packet: StartupPacket;
  readonly row: LoginRow;
  readonly exchange: Exchange;
  readonly credentials: PeerCredentials | null;
  /** Null: the connection is not encrypted. */
  readonly tls: TlsSession | null;
  /** The end of the time for the whole way in. */
  readonly signal: AbortSignal;
}

type RunMethod = (login: Login, surroundings: MethodSurroundings, rule: HbaRule) => Promise<MethodOutcome>;

/** How each method of the enforcement set is carried out; `reject` never gets here. */
export const methodRunners: ReadonlyMap<HbaRule["method"], RunMethod> = new Map<HbaRule["method"], RunMethod>(
  [
    ["trust", async () => await Promise.resolve({ kind: "proved", identity: null, last: null })],
    [
      "password",
      async (login, gate) =>
        gate.settings.auth_source === "upstream"
          ? await unjudgedPassword(login.exchange, login.packet.user)
          : await password(login.exchange, passwordLogin(login, gate), login.signal),
    ],
    [
      "md5",
      async (login, gate) =>
        await md5(login.exchange, {
          ...passwordLogin(login, gate),
          passwordEncryption: gate.settings.password_encryption,
        }),
    ],
    ["scram-sha-256", async (login, gate) => await scramSha256(login.exchange, passwordLogin(login, gate))],
    [
      "peer",
      async ({ credentials, signal }) =>
        await peer({ credentials, userName: async (uid) => await userName(uid, signal) }),
    ],
    ["cert", async (login, _, { options }) => await Promise.resolve(certOutcome(login, options.clientname))],
  ],
);

/**
 * Runs the method of the rule that decided.
 *
 * @throws {FatalError} the client could not prove who it is; the reason is in the log only
 */
export async function authenticate(
  rule: HbaRule,
  login: Login,
  surroundings: MethodSurroundings,
  log: Log,
): Promise<Exclude<MethodOutcome, { kind: "failed" }>> {
  const { user } = login.packet;
  const run = methodRunners.get(rule.method);
  if (!run) throw authenticationFailed(rule.method, user, `Method ${rule.method} is not carried out here.`);
  const outcome = await run(login, surroundings, rule);
  if (outcome.kind !== "failed") return outcome;
  if (outcome.logged !== undefined) log.log("LOG", outcome.logged);
  const matched = matchedLineDetail(rule, login.profile);
  const detail = outcome.reason === null ? matched : `${outcome.reason}\n${matched}`;
  throw authenticationFailed(rule.method, user, detail);
}

/** That there is a certificate has been seen before (`requireCertificate`). */
function certOutcome({ packet, tls }: Login, clientname: "CN" | "DN" = "CN"): MethodOutcome {
  const names = namesOf(tls);
  return names === null ? { kind: "failed", reason: null } : cert({ role: packet.user, names, clientname });
}

function passwordLogin(
  { packet, row, tls }: Login,
  { settings, nodeKey }: MethodSurroundings,
): PasswordLogin {
  return {
    role: packet.user,
    stored: row,
    mockKey: nodeKey,
    iterations: settings.scram_iterations,
    random: randomBytes,
    channelBinding: tls?.endPoint ? { type: "tls-server-end-point", data: tls.endPoint } : null,
    passOn: settings.upstream_auth === "passthrough",
  };
}
