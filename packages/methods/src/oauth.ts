import { decodeSaslInitialResponse } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { ClientAnswer } from "./exchange.ts";
import { readBearer } from "./oauth/bearer.ts";
import { authOf, checkFarewell } from "./oauth/client-message.ts";
import { refusalMessage } from "./oauth/refusal-message.ts";
import type { TokenValidator, TokenVerdict } from "./oauth/validator.ts";
import type { FarewellEnd, MethodOutcome } from "./outcome.ts";
import type { ServiceCall } from "./service-call.ts";

/** A login by a token, and who judges it. */
export interface OauthLogin extends ServiceCall {
  readonly validator: TokenValidator;
  /** The names of the rule's options `validator.NAME`, without the prefix. */
  readonly validatorOptions: readonly Bytes[];
  /** Where the rule stands, as a CONTEXT of the log has it. */
  readonly place: Bytes;
  /** Who comes in by a token leaves when it expires: one that does not say when lets nobody in. */
  readonly endWithToken: boolean;
  /**
   * As from PostgreSQL 19 on: why a token is refused stands with the failure instead of in a message of its own, and
   * whoever asked for the issuer leaves no trace in the log.
   */
  readonly reasonWithFailure: boolean;
}

const mechanisms = ["OAUTHBEARER"] as const;

/** PostgreSQL's `PG_MAX_AUTH_TOKEN_LENGTH`, counting the length word. */
const longestMessage = 65_535;

/**
 * The method `oauth` (manual, 20.15): a bearer token by OAUTHBEARER (RFC 7628), which a validator judges. Whoever is
 * refused learns first whom to ask for a token; a client that has none yet comes without one to hear just that.
 */
export async function oauth(login: OauthLogin): Promise<MethodOutcome> {
  const first = await firstMessage(login);
  if (first.kind !== "message") return cutShort(first);
  const bearer = readBearer(authOf(first.body.toString("latin1")));
  const [unknown] = login.validatorOptions;
  if (unknown !== undefined) return { kind: "failed", reason: unknownOption(login, unknown) };
  switch (bearer.kind) {
    case "discovery":
      if (!login.reasonWithFailure) return refused(login);
      login.log("OAuth issuer discovery requested", { severity: "DEBUG1" });
      return refused(login, { unlogged: true });
    case "malformed":
      login.log("malformed OAuth bearer token", { detail: bearer.detail, sqlstate: "08P01" });
      return refused(login);
    case "token":
      return outcomeOf(await login.validator.validate(bearer.token, login), login);
  }
}

/** A client may name the mechanism alone, and say the rest when it is asked to. */
async function firstMessage({ exchange }: OauthLogin): Promise<ClientAnswer> {
  exchange.request({ kind: "sasl", mechanisms });
  const answer = await exchange.answer("SASL", longestMessage);
  if (answer.kind !== "message") return answer;
  const { data } = decodeSaslInitialResponse(answer.body, mechanisms);
  if (data !== null) return { kind: "message", body: data };
  exchange.request({ kind: "sasl_continue", data: Buffer.of() });
  return await exchange.answer("SASL", longestMessage);
}

function cutShort({ kind }: Exclude<ClientAnswer, { kind: "message" }>): MethodOutcome {
  return kind === "gone" ? { kind } : { kind: "failed", reason: null };
}

function outcomeOf(verdict: TokenVerdict, login: OauthLogin): MethodOutcome {
  switch (verdict.kind) {
    case "fault": {
      const { detail } = verdict;
      login.log("internal error in OAuth validator module", {
        severity: "WARNING",
        detail,
        sqlstate: "XX000",
      });
      return refused(login, { reason: login.reasonWithFailure ? detail : null });
    }
    case "refused": {
      const { identity, reason } = verdict;
      return unauthorized(login, identity, reason, `${notAuthorized}\n${reason}`);
    }
    case "authorized": {
      const { identity, unnamed, expires } = verdict;
      // Who judges the role, too, need not say who it is.
      const named = identity !== null && identity !== "";
      if (!named && login.options.oauthDelegateIdentMapping !== true) {
        const why = unnamed === undefined ? noIdentity : `${noIdentity}\n${unnamed}`;
        return unauthorized(login, identity, why, why);
      }
      if (login.endWithToken && expires === null)
        return unauthorized(login, identity, noEnd, `${notAuthorized}\n${noEnd}`);
      const beforeRefusal = farewell(login);
      return {
        kind: "proved",
        identity,
        last: null,
        beforeRefusal,
        ...(login.endWithToken && expires && { expires }),
      };
    }
  }
}

const notAuthorized = "Validator failed to authorize the provided token.";
const noEnd = "The token does not say when it expires, and oauth_end_session_with_token is on.";
const noIdentity = "Validator provided no identity.";

/**
 * Whoever is refused for what it has shown, and not for how.
 *
 * @param reason for the failure's DETAIL, from 19 on
 * @param detail of the message that is logged before it, up to 18
 */
function unauthorized(
  login: OauthLogin,
  identity: Bytes | null,
  reason: Bytes,
  detail: Bytes,
): MethodOutcome {
  const who = identity === null ? {} : { identity };
  if (login.reasonWithFailure) return refused(login, { reason, ...who });
  const message = `OAuth bearer authentication failed for user "${login.role}"`;
  const beforeRefusal = async (): Promise<FarewellEnd> => {
    login.log(message, { detail });
    return await farewell(login)();
  };
  return refused(login, { ...who, beforeRefusal });
}

type Failure = Extract<MethodOutcome, { kind: "failed" }>;

function refused(login: OauthLogin, more: Partial<Failure> = {}): Failure {
  return { kind: "failed", reason: null, beforeRefusal: farewell(login), ...more };
}

/** The client is told where the tokens come from, and has to say that it has heard it. */
function farewell({ exchange, options }: OauthLogin): () => Promise<FarewellEnd> {
  return async () => {
    const { oauthIssuer = "", oauthScope = "" } = options;
    const data = Buffer.from(refusalMessage(oauthIssuer, oauthScope), "latin1");
    exchange.request({ kind: "sasl_continue", data });
    const answer = await exchange.answer("SASL", longestMessage);
    if (answer.kind === "message") checkFarewell(answer.body.toString("latin1"));
    return answer.kind === "gone" ? "gone" : "told";
  };
}

/** None of the validators here has options; a server that loads a module without them refuses all such logins, too. */
function unknownOption({ log, place, validator }: OauthLogin, name: Bytes): Bytes {
  const message = `unrecognized authentication option name: "validator.${name}"`;
  log(message, {
    severity: "WARNING",
    sqlstate: "F0000",
    detail: `The installed validator module ("${validator.name}") did not define an option named "${name}".`,
    hint: "All OAuth connections matching this line will fail. Correct the option and reload the server configuration.",
    context: place,
  });
  return message;
}
