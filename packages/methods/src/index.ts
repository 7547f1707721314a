export type { ClientAnswer, Exchange } from "./exchange.ts";
export { authenticationFailed } from "./failure.ts";
export type { MethodOutcome } from "./outcome.ts";
export { scramSha256 } from "./scram-sha-256.ts";
export type { ScramInput } from "./scram-sha-256.ts";
export type { StoredSecret } from "./stored-secret.ts";
