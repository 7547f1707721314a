import { FatalError, ServerError } from "@sallyport/wire";
import type { ConnectionOptions, OpenedSession } from "@sallyport/wire";
import type { Settings } from "../config/index.ts";
import type { Loan, SessionPool } from "../upstream/pool/session-pool.ts";
import { likenessOf } from "../upstream/pool/wish.ts";
import type { PoolWish } from "../upstream/pool/wish.ts";
import { ProofRefused } from "../upstream/proof-refused.ts";
import { Backing } from "./backing.ts";
import type { Later } from "./backing.ts";
import { accessOf, openFor } from "./pass-on.ts";
import type { Entrant } from "./pass-on.ts";
import { logAuthorized } from "./session-log.ts";
import type { Slots } from "./slots.ts";
import type { Visit } from "./visit.ts";
import { encodeRefusal, encodeSuccess } from "./welcome.ts";

export interface OpenSurroundings {
  readonly settings: Settings;
  readonly upstream: ConnectionOptions;
  readonly slots: Slots;
  /** Null: sessions are not used again. */
  readonly pool: SessionPool | null;
}

/**
 * The session of the role, opened before the client hears of its success: if that fails, both arrive together. Or none yet, if
 * that may be opened later (`lazy_upstream`).
 *
 * @param write to the client
 * @param tell takes note of who it is, if only the upstream has judged that
 * @throws as `openUpstream`, and {FatalError} 53300: what is left of the slots, or of the pool, is not for this role
 */
export async function openSession(
  entrant: Entrant,
  house: OpenSurroundings,
  signal: AbortSignal,
  visit: Visit,
  write: (bytes: Buffer) => void,
  tell: () => void,
): Promise<Backing> {
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
  let loan: Loan | null = null;
  try {
    // Whoever has proved nothing does not hear who may have a reserved slot.
    if (isProved) checkReserved();
    const later = openedLater(entrant, house);
    if (later) return new Backing({ later });
    loan = await borrow(entrant, house, signal);
    if (!isProved) {
      judged();
      checkReserved();
    }
    return new Backing({ loan });
  } catch (error) {
    loan?.giveBack(false);
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

/** Null: it has to be opened now, since nobody knows whether the upstream will take it as it is. */
function openedLater(entrant: Entrant, house: OpenSurroundings): Later | null {
  const { settings, pool, upstream } = house;
  const { packet, row, outcome } = entrant;
  if (!settings.lazy_upstream || row.ground?.admits !== true) return null;
  const likeness = likenessOf(packet, row, accessOf(entrant, settings), upstream, settings);
  const greetings = likeness && (pool?.greetingsOf(likeness) ?? null);
  if (!greetings) return null;
  return {
    greetings,
    open: async (signal) => await borrow(entrant, house, signal),
    wipe: () => outcome.proof?.wipe(),
  };
}

async function borrow(entrant: Entrant, house: OpenSurroundings, signal: AbortSignal): Promise<Loan> {
  const open = async (): Promise<OpenedSession> => await openFor(entrant, house, signal);
  if (house.pool === null || entrant.packet.replication !== false) return ownedAlone(await open());
  return await house.pool.borrow(wishOf(entrant, house, signal), open, signal);
}

/** What the catalogue said of a role is old, in milliseconds, if its login took its time. */
const lately = 1000;

function wishOf(entrant: Entrant, { settings, upstream }: OpenSurroundings, signal: AbortSignal): PoolWish {
  const { packet, outcome } = entrant;
  const { user, database } = packet;
  const access = accessOf(entrant, settings);
  return {
    user,
    database,
    unjudged: outcome.unjudged === true,
    likeness: async (when) => {
      const isOld = when === "now" || performance.now() - entrant.row.askedAt > lately;
      const row = isOld ? await entrant.lookUp(signal) : entrant.row;
      return likenessOf(packet, row, access, upstream, settings);
    },
  };
}

/** It ends with its client. */
function ownedAlone(session: OpenedSession): Loan {
  return {
    session,
    mayServeAgain: false,
    report: () => undefined,
    giveBack: () => session.stream.destroy(),
  };
}
