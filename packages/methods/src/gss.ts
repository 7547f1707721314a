import type { Bytes } from "@sallyport/policy";
import type { Exchange } from "./exchange.ts";
import type { MethodLog } from "./method-log.ts";
import type { MethodOutcome } from "./outcome.ts";

/** What a token of the client came to; `status` is the library's text, for the log. */
export type GssStep =
  | { readonly kind: "continue" | "complete"; readonly answer: Buffer }
  | { readonly kind: "failed"; readonly answer: Buffer; readonly status: Bytes };

/** The acceptor's side of a security context: that of `os/gssapi`. */
export interface GssAcceptor {
  readonly accept: (token: Buffer, signal: AbortSignal) => Promise<GssStep>;
  readonly principal: () => GssPrincipal;
  readonly close: () => void;
}

/** `user@REALM`; or why it cannot be had, for the log. */
export type GssPrincipal = { readonly name: Bytes } | { readonly status: Bytes };

export interface GssLogin {
  readonly exchange: Exchange;
  readonly log: MethodLog;
  readonly signal: AbortSignal;
  /** Whose ticket the connection is encrypted by; null: it is not. */
  readonly encryption: GssPrincipal | null;
  /** Begins one. `status`: the service has no credentials. */
  readonly begin: () => Promise<GssAcceptor | { readonly status: Bytes }>;
}

/** PostgreSQL's `PG_MAX_AUTH_TOKEN_LENGTH`, counting the length word. */
const longestToken = 65_535;

/** Kerberos takes one token and negotiation (RFC 4178) a few; nobody goes on for ever. */
const mostTokens = 32;

/**
 * The method `gss` (manual, 20.6): a ticket of Kerberos says who the client is, by tokens that the library makes and reads
 * (RFC 2743). Where the connection is encrypted by such a context already, nothing more is asked. Whether the principal
 * may be the role is for the rule's options and map to say.
 *
 * A client that leaves has failed, and is logged, as in PostgreSQL: that of a wrong ticket often says no more than this.
 */
export async function gss(login: GssLogin): Promise<MethodOutcome> {
  if (login.encryption !== null) return identityOf(login.encryption, login.log);
  login.exchange.request({ kind: "gss" });
  let acceptor: GssAcceptor | null = null;
  try {
    for (let tokens = 0; tokens < mostTokens; tokens += 1) {
      const answer = await login.exchange.answer("GSS", longestToken);
      if (answer.kind !== "message") return failed;
      if (acceptor === null) {
        const begun = await login.begin();
        if ("status" in begun) return notAccepted(login, begun.status);
        acceptor = begun;
      }
      const step = await acceptor.accept(answer.body, login.signal);
      if (step.answer.length > 0) login.exchange.request({ kind: "gss_continue", data: step.answer });
      if (step.kind === "failed") return notAccepted(login, step.status);
      if (step.kind === "complete") return identityOf(acceptor.principal(), login.log);
    }
    return notAccepted(login, `no context after ${mostTokens} tokens`);
  } finally {
    acceptor?.close();
  }
}

const failed: MethodOutcome = { kind: "failed", reason: null };

function notAccepted({ log }: GssLogin, status: Bytes): MethodOutcome {
  log("accepting GSS security context failed", { detail: status });
  return failed;
}

function identityOf(principal: GssPrincipal, log: MethodLog): MethodOutcome {
  if ("name" in principal) {
    // A name with a NUL would be another one to whoever reads C strings.
    if (principal.name === "" || principal.name.includes("\0")) return failed;
    return { kind: "proved", identity: principal.name, last: null };
  }
  log("retrieving GSS user name failed", { detail: principal.status });
  return failed;
}
