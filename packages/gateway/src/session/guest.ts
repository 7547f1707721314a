import type { StartupPacket } from "@sallyport/wire";
import type { ClientStream } from "../doorstep/client-stream.ts";
import type { Peer } from "../log/index.ts";
import type { Backing } from "./backing.ts";
import type { Slot } from "./slots.ts";

/** A client that is in. */
export interface Guest {
  readonly packet: StartupPacket;
  /** Where it is written to and read from: what encrypts, if there is any. */
  readonly client: ClientStream;
  /** The client's end, as the log names it. */
  readonly peer: Peer;
  readonly backing: Backing;
  /** What the client has sent behind its last answer: it is for the upstream. */
  readonly early: Buffer;
  /** Takes back the key by which the client may cancel; null: the upstream gave none. */
  readonly revokeKey: (() => void) | null;
  /** Null: a walsender. */
  readonly slot: Slot | null;
  /** When the session has to end, since what let the client in is worth nothing any more; null: it may stay. */
  readonly expires: Date | null;
  /** Milliseconds that the method took. */
  readonly authentication: number;
}
