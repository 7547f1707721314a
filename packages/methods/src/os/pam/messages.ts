import type { Bytes } from "@sallyport/policy";

/** A login as a PAM process is given it. */
export interface NumberedLogin extends PamLogin {
  /** What is told of it names it again: so that nothing counts for another one. */
  readonly number: number;
}

/** A login for the modules of PAM to judge. */
export interface PamLogin {
  /** The stack of modules: a file in `/etc/pam.d`. */
  readonly service: Bytes;
  readonly role: Bytes;
  /** `PAM_RHOST`; null: none, as for Unix sockets. */
  readonly remoteHost: Bytes | null;
  /** Where service files are looked for in place of the system's directories, by `pam_start_confdir(3)`; null: there. */
  readonly directory: Bytes | null;
}

/** What a PAM process tells of the login that it was given. */
export type PamEvent =
  /** A module wants the password: an answer is waited for. */
  | { readonly kind: "ask" }
  /** A module says that something went wrong. */
  | { readonly kind: "error_message"; readonly text: Bytes }
  /** A module wants what cannot be asked for. */
  | { readonly kind: "unsupported"; readonly style: number; readonly text: Bytes }
  | PamVerdict;

/** The last of a login. */
export type PamVerdict =
  | { readonly kind: "passed" }
  /** `by` is a key of {@link failureWords}; `reason` is `pam_strerror(3)` of it. */
  | { readonly kind: "failed"; readonly by: PamStep; readonly reason: Bytes }
  /** There is no PAM to be asked. */
  | { readonly kind: "unusable"; readonly reason: Bytes };

export type PamStep = "start" | "user" | "rhost" | "conv" | "authenticate" | "acct_mgmt" | "end";

/** Kinds of frames to a PAM process. */
export const frameKinds = {
  /** A {@link NumberedLogin}. */
  login: "L",
  /** The client's password, as it sent it. */
  password: "P",
  /** There will be none. */
  noPassword: "N",
  /** From it: a {@link PamEvent}, with the number of the login. */
  event: "E",
} as const;

/** Names and texts are byte strings, which JSON in latin1 keeps as they are. */
export function encodeJson(message: NumberedLogin | (PamEvent & { readonly number: number })): Buffer {
  return Buffer.from(JSON.stringify(message), "latin1");
}

export function decodeJson(body: Buffer): unknown {
  return JSON.parse(body.toString("latin1"));
}
