import type { Bytes } from "@sallyport/policy";
import type { ConnectionOptions, StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../../catalog/catalog.ts";
import type { Settings } from "../../config/index.ts";
import type { UpstreamAccess } from "../access.ts";

/** The session that somebody wants. */
export interface PoolWish {
  /** Role and database, by which sessions are counted. */
  readonly group: Bytes;
  /** By what a session can be somebody else's: it was born of the same. Null: a new one is needed, which nobody gets afterwards. */
  readonly likeness: Likeness | null;
}

export interface Likeness {
  /** Of the startup packet, and of how it logs in. */
  readonly key: Bytes;
  /** Of what the catalogue says at the login. */
  readonly fingerprint: string;
}

/** Settings of a new session that DISCARD ALL does not bring back. */
const lostSettings = /role|session_?authorization/i;

export function poolWish(
  packet: StartupPacket,
  { ground }: Pick<LoginRow, "ground">,
  access: UpstreamAccess,
  upstream: ConnectionOptions,
  { auth_source }: Pick<Settings, "auth_source">,
): PoolWish {
  const group = `${packet.user}\0${packet.database}`;
  const reusable =
    ground?.reusable === true &&
    packet.replication === false &&
    !setsWhatIsLost(packet) &&
    !hasToBeJudged(access, auth_source) &&
    takesAnyServer(upstream);
  const likeness = reusable ? { key: keyOf(group, packet, access), fingerprint: ground.fingerprint } : null;
  return { group, likeness };
}

/** No text of a startup packet has a NUL in it. */
function keyOf(group: Bytes, { options, parameters }: StartupPacket, access: UpstreamAccess): Bytes {
  const proof = access.kind === "service" ? "service" : `passthrough ${access.proof?.kinds.join(" ") ?? ""}`;
  const settings = parameters.map(([name, value]) => `${name}\0${value}`);
  return [group, proof, options === null ? "" : `=${options}`, ...settings].join("\0");
}

function setsWhatIsLost({ options, parameters }: StartupPacket): boolean {
  return lostSettings.test(options ?? "") || parameters.some(([name]) => lostSettings.test(name));
}

/**
 * Whether the password is right nobody but the upstream can say, and it says so at a login; or not whether it is right there,
 * too: a file does not know when it was changed.
 */
function hasToBeJudged(access: UpstreamAccess, source: Settings["auth_source"]): boolean {
  if (access.kind === "service") return false;
  return access.unjudged || (access.proof !== null && source === "file");
}

/** What a server is for may change while its sessions live on. */
function takesAnyServer({ settings }: ConnectionOptions): boolean {
  return (settings?.get("target_session_attrs") ?? "any") === "any";
}
