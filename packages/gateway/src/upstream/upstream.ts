import { openSession, ServerError, WireError } from "@sallyport/wire";
import { reasonOf } from "../log/index.ts";
import { judgingSettings } from "./access.ts";
import type { UpstreamAccess } from "./access.ts";
import { notAccepting } from "./not-accepting.ts";
import { ProofRefused } from "./proof-refused.ts";
import { upstreamSurroundings } from "./surroundings.ts";
import type {
  ConnectionOptions,
  ErrorField,
  FatalError,
  OpenedSession,
  StartupPacket,
} from "@sallyport/wire";

/** How long the upstream may take to answer, whatever its connection string says of it. */
const answerWithin = 30_000;

/**
 * Opens the session of the role in the upstream. The names are the bytes that were decided on, and are never
 * parsed as connection strings; what the client set reaches this session and no other.
 *
 * @throws {ServerError} the upstream refused the role or the database, in its own words
 * @throws {ProofRefused} it does not take what the client has proved
 * @throws {FatalError} 57P03 the upstream cannot be reached, refuses the gateway itself, or asks for what there is not
 */
export async function openUpstream(
  upstream: ConnectionOptions,
  packet: StartupPacket,
  access: UpstreamAccess,
  signal: AbortSignal,
): Promise<OpenedSession> {
  try {
    const options = optionsOfRole(upstream, packet);
    if (access.kind === "service") return await openSession(options, signal, upstreamSurroundings);
    const passing = optionsOfPassing(options, access);
    return await openSession(passing, signal, upstreamSurroundings, access.proof);
  } catch (error) {
    if (error instanceof ServerError && error.authenticated && isWhole(error.fields)) throw error;
    if (clientLeft(signal)) throw error;
    throw refusalOf(error, upstream, packet, access);
  }
}

function refusalOf(
  error: unknown,
  upstream: ConnectionOptions,
  { user }: StartupPacket,
  access: UpstreamAccess,
): FatalError {
  const where = `The session of role "${user}" cannot be opened upstream`;
  if (access.kind === "service") return notAccepting(`${where}: ${reasonOfRefusal(error, upstream)}`, error);
  const { proof, line, method } = access;
  if (isOfSecret(error, access)) {
    const secretDiffers = error instanceof WireError;
    return new ProofRefused(user, secretDiffers, `${where}: ${reasonOf(error)}\n${line}`, error);
  }
  const nothing = proof === null ? ` (method ${method} leaves nothing to pass on)` : "";
  return notAccepting(`${where}: ${reasonOf(error)}${nothing}\n${line}`, error);
}

/**
 * Is it the client's secret that does not do? Whom the upstream refuses by its own rules (class 28) it could not have
 * judged: if it is the only judge there is, nobody shall hear of that.
 */
function isOfSecret(error: unknown, { proof, unjudged }: PassThrough): boolean {
  if (error instanceof WireError) return error.code === "secret_differs";
  if (!(error instanceof ServerError) || error.authenticated || proof === null) return false;
  return error.code === "28P01" || (unjudged && error.code === "28000");
}

type PassThrough = Extract<UpstreamAccess, { kind: "passthrough" }>;

/** No password but the client's own, and, if nobody has judged that, a server that asks for it. */
function optionsOfPassing(options: ConnectionOptions, { unjudged }: PassThrough): ConnectionOptions {
  const passing = { ...options, passfile: null };
  if (!unjudged) return passing;
  const settings = judgingSettings(options);
  if (!settings) {
    throw new WireError("not_supported", "require_auth allows no method by which a password could be judged");
  }
  return { ...passing, settings };
}

/** Then nobody is left to tell, and nothing is wrong with the upstream. */
function clientLeft({ reason }: AbortSignal): boolean {
  return reason instanceof WireError && reason.code === "peer_closed";
}

/**
 * Of the upstream's connection string a role gets only what says where the upstream is and how to talk to it, in TLS
 * with the gateway's own certificate if it has one. Its user, password, database and settings are the catalogue's own:
 * a role has what its client proved or, as a service, trust or peer there, or an entry of its own in the passfile.
 */
function optionsOfRole(
  { hosts, settings, passfile, tls, socketDirectory, connectTimeout }: ConnectionOptions,
  { user, database, replication, options, parameters }: StartupPacket,
): ConnectionOptions {
  // No longer than what the client wrote: its packet may have been full.
  const walsender = replication === true ? "1" : replication;
  return {
    hosts: hosts.map(({ host, address, port, nameless = false }) => ({ host, address, port, nameless })),
    user,
    database,
    parameters: [
      ...(walsender === false ? [] : [["replication", walsender] as const]),
      ...(options === null ? [] : [["options", options] as const]),
      ...parameters,
    ],
    connectTimeout: connectTimeout ?? answerWithin,
    ...(settings && { settings }),
    ...(tls && { tls }),
    ...(socketDirectory !== undefined && { socketDirectory }),
    passfile: passfile ?? null,
  };
}

/**
 * Every error and notice of a PostgreSQL has a severity, an SQLSTATE and a message. What lacks one of them is no
 * answer of a PostgreSQL, and is not handed on: clients have crashed on such.
 */
export function isWhole(fields: readonly ErrorField[]): boolean {
  const valueOf = (type: string): string => fields.find((field) => field.type === type)?.value ?? "";
  return valueOf("S") !== "" && /^[0-9A-Z]{5}$/.test(valueOf("C")) && valueOf("M") !== "";
}

/** For the log. No secret is in it: what we sent is not, and libpq's words name the passfile alone. */
function reasonOfRefusal(error: unknown, { passfile }: ConnectionOptions): string {
  const reason = reasonOf(error);
  const wrongPassword = error instanceof ServerError && error.code === "28P01" && passfile != null;
  return wrongPassword ? `${reason} (password retrieved from file "${passfile}")` : reason;
}
