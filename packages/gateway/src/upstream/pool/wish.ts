import type { Bytes } from "@sallyport/policy";
import type { ConnectionOptions, StartupPacket } from "@sallyport/wire";
import type { LoginRow } from "../../catalog/catalog.ts";
import type { Settings } from "../../config/index.ts";
import type { UpstreamAccess } from "../access.ts";

/** The session that somebody wants. */
export interface PoolWish {
  readonly user: Bytes;
  readonly database: Bytes;
  /** Only the upstream will say whether he is who he says. */
  readonly unjudged: boolean;
  /**
   * By what a session can be somebody else's, as the catalogue says now, or said a moment ago. Null: a new one is needed, which
   * nobody gets afterwards.
   */
  readonly likeness: (when: "lately" | "now") => Promise<Likeness | null>;
}

export interface Likeness {
  /** Of the startup packet, and of how it logs in. */
  readonly key: Bytes;
  /** Of what the catalogue says. */
  readonly fingerprint: string;
}

/** Settings of a new session that DISCARD ALL does not bring back. */
const lostSettings = /role|session[_-]?authorization/i;

/** A session of the same is like the one that this login would open; null: none is. */
export function likenessOf(
  packet: StartupPacket,
  { ground }: Pick<LoginRow, "ground">,
  access: UpstreamAccess,
  upstream: ConnectionOptions,
  { auth_source }: Pick<Settings, "auth_source">,
): Likeness | null {
  const reusable =
    ground?.reusable === true &&
    packet.replication === false &&
    !setsWhatIsLost(packet) &&
    !hasToBeJudged(access, auth_source) &&
    takesAnyServer(upstream);
  return reusable ? { key: keyOf(packet, access), fingerprint: ground.fingerprint } : null;
}

/** No text of a startup packet has a NUL in it. */
function keyOf({ user, database, options, parameters }: StartupPacket, access: UpstreamAccess): Bytes {
  const proof = access.kind === "service" ? "service" : `passthrough ${access.proof?.kinds.join(" ") ?? ""}`;
  const settings = parameters.map(([name, value]) => `${name}\0${value}`);
  return [user, database, proof, options === null ? "" : `=${options}`, ...settings].join("\0");
}

function setsWhatIsLost({ options, parameters }: StartupPacket): boolean {
  return (
    lostSettings.test((options ?? "").replaceAll("\\", "")) ||
    parameters.some(([name]) => lostSettings.test(name))
  );
}

/**
 * Nobody but the upstream can say that the proof is right there, and it says so at a login: of a password that was held against no
 * stored secret (of PostgreSQL's, since a directory has its own), or against that of a file, which does not know when it was changed.
 */
function hasToBeJudged(access: UpstreamAccess, source: Settings["auth_source"]): boolean {
  if (access.kind === "service") return false;
  const { proof, unjudged } = access;
  if (proof === null) return unjudged;
  const isOfSecret = proof.kinds.some((kind) => kind !== "password");
  return unjudged || !isOfSecret || source === "file";
}

/** What a server is for may change while its sessions live on, and so may which of several is the first that is there. */
function takesAnyServer({ hosts, settings }: ConnectionOptions): boolean {
  const inAnyOrder = hosts.length === 1 || settings?.get("load_balance_hosts") === "random";
  return inAnyOrder && (settings?.get("target_session_attrs") ?? "any") === "any";
}
