import { methodFailure } from "@sallyport/policy";
import type { Bytes, Method } from "@sallyport/policy";
import { FatalError } from "@sallyport/wire";

/** The FATAL of a method that did not let the client in: the same for every reason. */
export function authenticationFailed(
  method: Method,
  user: Bytes,
  logDetail: Bytes,
  unlogged: boolean = false,
): FatalError {
  const { message, sqlstate } = methodFailure(method, user);
  return new FatalError(sqlstate, message, { logDetail, unlogged });
}
