import {
  encodeErrorResponse,
  encodeParameterStatus,
  ServerError,
  startDeadline,
  WireError,
} from "@sallyport/wire";
import { farewell } from "../relay/farewell.ts";
import { notAccepting } from "../upstream/not-accepting.ts";
import { changedParameters } from "../upstream/pool/greetings.ts";
import type { Loan } from "../upstream/pool/session-pool.ts";
import type { Guest } from "./guest.ts";
import { refuse } from "./refusal.ts";
import type { Visit } from "./visit.ts";

/**
 * Opens the session upstream of a client that has asked for something (`lazy_upstream`).
 *
 * @param within milliseconds for the session
 * @param signal it is needed no more
 * @returns null: the client has left, or has been told why there is no session; it is closed
 */
export async function openNow(
  { client, backing }: Guest,
  visit: Visit,
  within: number,
  signal: AbortSignal,
): Promise<Loan | null> {
  const told = backing.greetings;
  const deadline = startDeadline(within, "session upstream", signal);
  const leave = (): void => deadline.abort(new WireError("peer_closed", "the client left"));
  client.once("close", leave);
  try {
    const loan = await backing.open(deadline.signal);
    visit.opened(loan.session);
    for (const parameter of changedParameters(told, loan.session.parameters))
      client.write(encodeParameterStatus(parameter));
    return loan;
  } catch (error) {
    if (!signal.aborted) tell(error, visit, client);
    await farewell(client, nothing);
    return null;
  } finally {
    client.off("close", leave);
    deadline.clear();
  }
}

function tell(error: unknown, { log }: Visit, client: Guest["client"]): void {
  if (error instanceof ServerError) client.write(encodeErrorResponse(error.fields));
  const late = error instanceof WireError && error.code === "timeout";
  refuse(
    client,
    late ? notAccepting("The session upstream was not opened in time.", error) : error,
    log,
    true,
  );
}

const nothing = Buffer.alloc(0);
