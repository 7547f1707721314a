import type { Duplex } from "node:stream";

/** Where a client is read from and written to: its socket, or what encrypts over it. */
export interface ClientStream extends Duplex {
  /** Closes when what was written has gone out. */
  readonly destroySoon: () => void;
}
