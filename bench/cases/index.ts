import type { Case } from "../case.ts";
import { analysis } from "./analysis.ts";
import { decisionsBesideScan, decisionsBySize } from "./decisions.ts";
import { load100k, load1m } from "./load.ts";
import { login100kRules, login1mRules } from "./login-rules.ts";
import { loginQuery, loginScram, loginTrust } from "./login.ts";
import { memoryOfClients, memoryOfRules } from "./memory.ts";
import { copyIn, copyOut } from "./relay-copy.ts";
import { relaySelects, relayTls } from "./relay-select.ts";
import { reloadPause } from "./reload.ts";

/** All, in the order in which they run: those with as many rules one after the other, since these take long to load. */
export const cases: readonly Case[] = [
  loginTrust,
  loginScram,
  loginQuery,
  ...relaySelects,
  copyOut,
  copyIn,
  relayTls,
  memoryOfClients,
  login100kRules,
  load100k,
  login1mRules,
  load1m,
  memoryOfRules,
  reloadPause,
  decisionsBySize,
  decisionsBesideScan,
  ...analysis,
];
