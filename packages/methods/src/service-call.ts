import type { Bytes, HbaOptions } from "@sallyport/policy";
import type { Exchange } from "./exchange.ts";
import type { MethodLog } from "./method-log.ts";

/** What a method is given that has somebody else judge the client. */
export interface ServiceCall {
  readonly exchange: Exchange;
  /** The role of the startup packet. */
  readonly role: Bytes;
  /** Those of the rule. */
  readonly options: HbaOptions;
  readonly turns: ServiceTurns;
  readonly log: MethodLog;
  /** The end of the time for the whole way in, or of the client's connection: a client that only shuts its side is not noticed. */
  readonly signal: AbortSignal;
  /** The outcome shall hold what serves to log in elsewhere. */
  readonly passOn: boolean;
}

/**
 * Gives turns at services outside of the gateway: each is asked so much at a time and no more, so that one that is slow
 * delays nobody but those who need it.
 */
export interface ServiceTurns {
  /**
   * Runs `work` when its turn comes. The client is not asked for anything meanwhile, since whoever does not answer must not
   * keep a turn; where that cannot be helped, one source of clients gets half of the turns at most.
   *
   * @param asksClient `work` may wait for the client; default: no
   * @param service as the log may name it: `LDAP server "ldap.example.com"`
   * @throws {ServiceBusy} too many wait already
   * @throws {WireError} `timeout` or `aborted`, by the signal of the call
   */
  readonly take: <T>(service: Bytes, work: () => Promise<T>, asksClient?: boolean) => Promise<T>;
}

/** So many wait for a service that one more would only wait in vain. */
export class ServiceBusy extends Error {
  override readonly name: string = "ServiceBusy";
  /** For the log. */
  readonly detail: Bytes;

  constructor(service: Bytes, detail: Bytes) {
    super(`too many logins wait for ${service}`);
    this.detail = detail;
  }
}
