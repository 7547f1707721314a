import { FatalError, ServerError } from "@sallyport/wire";
import type { ConnectionOptions, OpenedSession } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";
import { ProofRefused } from "../upstream/proof-refused.ts";
import { openFor } from "./pass-on.ts";
import type { Entrant } from "./pass-on.ts";
import { logAuthorized } from "./session-log.ts";
import type { Slots } from "./slots.ts";
import type { Visit } from "./visit.ts";
import { encodeRefusal, encodeSuccess } from "./welcome.ts";

interface OpenSurroundings {
  readonly settings: Settings;
  readonly upstream: ConnectionOptions;
  readonly slots: Slots;
}

/**
 * Opens the session of the role before the client hears of its success: if that fails, both arrive together.
 *
 * @param write to the client
 * @param tell takes note of who it is, if only the upstream has judged that
 * @throws as `openUpstream`, and {FatalError} 53300: what is left of the slots is not for this role
 */
export async function openSession(
  entrant: Entrant,
  house: OpenSurroundings,
  signal: AbortSignal,
  visit: Visit,
  write: (bytes: Buffer) => void,
  tell: () => void,
): Promise<OpenedSession> {
  const { packet, row, outcome } = entrant;
  const { last } = outcome;
  let isProved = outcome.unjudged !== true;
  const judged = (): void => {
    if (!isProved) tell();
    isProved = true;
  };
  const checkReserved = (): void => {
    // Of a role that may not log in the upstream will say so.
    if (packet.replication === false && row.canLogIn) house.slots.checkReserved(row);
  };
  let session: OpenedSession | null = null;
  try {
    // Whoever has proved nothing does not hear who may have a reserved slot.
    if (isProved) checkReserved();
    session = await openFor(entrant, house, signal);
    if (isProved) return session;
    judged();
    checkReserved();
    return session;
  } catch (error) {
    session?.stream.destroy();
    // That the upstream refuses the role or the database it says only after it has judged the proof.
    if (error instanceof ServerError) judged();
    if (!isProved || error instanceof ProofRefused) throw error;
    logAuthorized(visit, house.settings);
    visit.log.learn({ ps: "startup" });
    if (error instanceof ServerError) write(encodeRefusal(last, error, packet.protocol));
    else if (error instanceof FatalError) write(Buffer.concat(encodeSuccess(last)));
    throw error;
  }
}
