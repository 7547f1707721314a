import { FatalError, ServerError, WireError } from "@sallyport/wire";
import type { Stage } from "./visit.ts";

/** What became of somebody who sent a startup packet. */
export type Outcome =
  | "admitted"
  /** A rule refuses, or none fits. */
  | "rejected"
  /** The method failed, or the user name map. */
  | "failed"
  /** The upstream refused the role or the database. */
  | "refused"
  /** No slot was left. */
  | "full"
  /** The catalogue or the upstream was away, or the gateway is shutting down. */
  | "unavailable"
  | "timeout"
  | "left"
  /** A fault of the client's protocol, or of ours. */
  | "error";

/** Why a way in ended where it did. */
export function outcomeOf(error: unknown, stage: Stage): Outcome {
  if (error instanceof ServerError) return "refused";
  if (error instanceof WireError) return error.code === "timeout" ? "timeout" : "left";
  if (!(error instanceof FatalError)) return "error";
  if (error.code === "57P03") return "unavailable";
  if (error.code === "53300") return "full";
  if (error.code.startsWith("28")) return stage === "decision" ? "rejected" : "failed";
  return "error";
}
