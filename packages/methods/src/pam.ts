import { Proof } from "@sallyport/wire";
import type { Bytes } from "@sallyport/policy";
import type { MethodOutcome } from "./outcome.ts";
import type { PamEvent, PamStep, PamVerdict } from "./os/pam/messages.ts";
import type { PamClient, PamPool } from "./os/pam/pam-pool.ts";
import { PamProcessEnded } from "./os/pam/pam-process-ended.ts";
import { receivePassword } from "./receive-password.ts";
import type { ServiceCall } from "./service-call.ts";

export interface PamCall extends ServiceCall {
  /** Where the client is, for the modules to know; null: they are told nothing, as of Unix sockets. */
  readonly remoteHost: Bytes | null;
  readonly processes: Pick<PamPool, "judge">;
  /** Where service files are; null: where the system has them. */
  readonly directory: Bytes | null;
}

/**
 * The method `pam` (manual, 20.14): the modules of a PAM service judge the client. They ask for its password when they
 * want it, perhaps never, perhaps more than once; so whoever is asked keeps the turn, and the process that judges him.
 */
export async function pam(call: PamCall): Promise<MethodOutcome> {
  const { options, role, remoteHost, directory, turns, processes, passOn } = call;
  const service = options.pamService || "postgresql";
  const { client, conversation } = question(call);
  const judge = async (): Promise<boolean> => {
    try {
      const verdict = await processes.judge({ service, role, remoteHost, directory }, client);
      return tell(verdict, conversation, call);
    } catch (error) {
      if (!(error instanceof PamProcessEnded)) throw error;
      call.log(`PAM process ${error.how}`, { detail: `It was judging a login by PAM service "${service}".` });
      return false;
    }
  };
  const judged = turns.take(`PAM service "${service}"`, judge, true);
  judged.catch(() => undefined); // the client may be over it by then
  const passed = await Promise.race([judged, conversation.over]);
  if (passed === null) return { kind: "gone" };
  if (!passed) return { kind: "failed", reason: null };
  const proof = passOn ? proofOf(conversation.answers) : undefined;
  return { kind: "proved", identity: role, last: null, proof };
}

/** What was asked of the client, and came of it. */
interface Conversation {
  /** Every other answer than the ones before. */
  readonly answers: ReadonlySet<Bytes>;
  /**
   * The client went away, or what it sent is the end of the login: whatever the modules make of that, which are told
   * that there is no password.
   */
  readonly over: Promise<null>;
  readonly isOver: () => boolean;
}

function question({ exchange, log, signal }: PamCall): {
  readonly client: PamClient;
  readonly conversation: Conversation;
} {
  const answers = new Set<Bytes>();
  const { promise: over, resolve, reject } = Promise.withResolvers<null>();
  let isOver = false;
  over.catch(() => undefined); // at times nobody waits for it any more
  const ask = async (): Promise<Bytes | null> => {
    exchange.request({ kind: "cleartext_password" });
    const password = await receivePassword(exchange);
    if (password === null) resolve(null);
    else answers.add(password);
    return password;
  };
  const password = async (): Promise<Bytes | null> => {
    const answer =
      isOver || signal.aborted ? null : await ask().catch((error: unknown) => (reject(error), null));
    isOver ||= answer === null;
    return answer;
  };
  const hear = (event: Remark): void =>
    log(
      event.kind === "error_message"
        ? `error from underlying PAM layer: ${event.text}`
        : `unsupported PAM conversation ${event.style}/"${event.text}"`,
    );
  return { client: { password, hear, signal }, conversation: { answers, over, isOver: () => isOver } };
}

type Remark = Extract<PamEvent, { kind: "error_message" | "unsupported" }>;

/** PostgreSQL's words for what each step of a login fails with. */
const failures: Readonly<Record<PamStep, Bytes>> = {
  start: "could not create PAM authenticator",
  user: "pam_set_item(PAM_USER) failed",
  rhost: "pam_set_item(PAM_RHOST) failed",
  conv: "pam_set_item(PAM_CONV) failed",
  authenticate: "pam_authenticate failed",
  acct_mgmt: "pam_acct_mgmt failed",
  end: "could not release PAM authenticator",
};

/** That modules have failed for want of a password is not told: it is no news. */
function tell(verdict: PamVerdict, { isOver }: Conversation, { log }: PamCall): boolean {
  if (verdict.kind === "unusable") log(`PAM cannot be used: ${verdict.reason}`);
  else if (verdict.kind === "failed" && !isOver()) log(`${failures[verdict.by]}: ${verdict.reason}`);
  return verdict.kind === "passed";
}

/** Of a client that answered this and that nobody knows which is its password. */
function proofOf(answers: ReadonlySet<Bytes>): Proof | undefined {
  const [password] = answers;
  return password !== undefined && answers.size === 1 ? new Proof({ password }) : undefined;
}
