import { decodePasswordMessage, FatalError } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { Exchange } from "./exchange.ts";

/** PostgreSQL's `PG_MAX_AUTH_TOKEN_LENGTH`, counting the length word. */
const longestMessage = 65_535;

/**
 * The client's PasswordMessage. Null: it went away, or sent more than anybody's password; neither is told anything.
 *
 * @throws {FatalError} 08P01 for a message that holds no password, 28P01 for an empty one: systems behind a method
 * may take that for an anonymous login
 */
export async function receivePassword(exchange: Exchange): Promise<Bytes | null> {
  const answer = await exchange.answer("password", longestMessage);
  if (answer.kind !== "message") return null;
  const password = decodePasswordMessage(answer.body);
  if (password === "") throw new FatalError("28P01", "empty password returned by client");
  return password;
}
