import type { ServiceCall } from "@sallyport/methods";
import type { HbaRule } from "@sallyport/policy";
import type { Login, MethodSurroundings } from "./login.ts";

/** What every method is given that has somebody else judge. */
export function serviceCallOf(
  { exchange, packet, turns, log, signal }: Login,
  { settings }: MethodSurroundings,
  { options }: HbaRule,
): ServiceCall {
  const passOn = settings.upstream_auth === "passthrough";
  return { exchange, role: packet.user, options, turns, log, signal, passOn };
}
