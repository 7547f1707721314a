import type { Case } from "../case.ts";
import { loginQuery, loginScram, loginTrust } from "./login.ts";
import { relaySelects, relayTls } from "./relay-select.ts";

/** All, in the order in which they run. */
export const cases: readonly Case[] = [loginTrust, loginScram, loginQuery, ...relaySelects, relayTls];
