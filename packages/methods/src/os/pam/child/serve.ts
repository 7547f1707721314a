import { decodeJson, frameKinds } from "../messages.ts";
import type { NumberedLogin, PamEvent } from "../messages.ts";
import { converse } from "./conversation.ts";
import type { Questions } from "./conversation.ts";
import { conversationOf, loadLibPam, memory, system } from "./libpam.ts";
import type { Address } from "./libpam.ts";
import { judge } from "./login.ts";
import { pipe, receive, tell } from "./pipe.ts";

/** `<sys/prctl.h>`, `<fcntl.h>`, `<sys/resource.h>`. */
const [PR_SET_PDEATHSIG, PR_SET_DUMPABLE, SIGKILL] = [1, 4, 9];
const [F_SETFD, FD_CLOEXEC] = [2, 1];
const RLIMIT_CORE = 4;

/** Of the login that is judged. */
let number = 0;

/**
 * Judges one login after the other, until the gateway has no more.
 *
 * @throws {Error} there is no libpam
 */
export function serve(): void {
  keepToOneself();
  const pam = loadLibPam();
  const conv = conversationOf(answer);
  for (let frame = receive(); frame !== null; frame = receive()) {
    const login = decodeJson(frame.body) as NumberedLogin;
    ({ number } = login);
    say(judge(pam, conv, login));
  }
}

/** Nothing of this process outlives the gateway, or gets into a file or into what modules start. */
function keepToOneself(): void {
  system.prctl(PR_SET_PDEATHSIG, "unsigned long", SIGKILL);
  if (process.ppid !== Number(process.argv[2])) system.exit(0);
  system.fcntl(pipe, F_SETFD, "int", FD_CLOEXEC);
  system.setrlimit(RLIMIT_CORE, new BigUint64Array(2));
  // A handler of core dumps is given them whatever the limit says (core(5)).
  system.prctl(PR_SET_DUMPABLE, "unsigned long", 0);
}

const questions: Questions = {
  password: () => {
    say({ kind: "ask" });
    const frame = receive();
    if (frame === null) system.exit(0);
    return frame?.kind === frameKinds.password ? frame.body : null;
  },
  errorMessage: (text) => say({ kind: "error_message", text: text.toString("latin1") }),
  unsupported: (style, text) => say({ kind: "unsupported", style, text: text.toString("latin1") }),
};

/** No exception crosses the frames of a module. */
function answer(count: number, messages: Address | null, responses: Address | null): number {
  try {
    return converse(count, messages, responses, questions, memory);
  } catch {
    system.exit(1);
    return 1;
  }
}

function say(event: PamEvent): void {
  tell(number, event);
}
