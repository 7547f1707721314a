import koffi from "koffi";
import type { Address, Memory } from "./libpam.ts";

/** What is asked for while modules run. */
export interface Questions {
  /** The client's password, with a NUL at its end; null: there is none. */
  readonly password: () => Buffer | null;
  readonly errorMessage: (text: Buffer) => void;
  readonly unsupported: (style: number, text: Buffer) => void;
}

/** `<security/_pam_types.h>`. */
const [PAM_SUCCESS, PAM_CONV_ERR] = [0, 19];
const [PAM_PROMPT_ECHO_OFF, PAM_ERROR_MSG, PAM_TEXT_INFO] = [1, 3, 4];
const PAM_MAX_NUM_MSG = 32;

/** Bytes of a module's message that are read; `PAM_MAX_MSG_SIZE` is 512, and nothing holds a module to it. */
const longestText = 8192;

/** The layouts of Linux-PAM: `messages` is an array of pointers there, and one to an array elsewhere. */
const messageType = koffi.struct({ msg_style: "int", msg: "void *" });
const responseType = koffi.struct({ resp: "void *", resp_retcode: "int" });
const pointerSize = koffi.sizeof("void *");
const responseSize = koffi.sizeof(responseType);

/**
 * One call of the conversation function, as PostgreSQL answers it: the password is asked for at most once in it, and only
 * if a module wants it; it goes to every prompt of the call.
 *
 * @param messages `const struct pam_message **`
 * @param responses `struct pam_response **`, of which PAM frees what is put there. Some modules give none
 */
export function converse(
  count: number,
  messages: Address | null,
  responses: Address | null,
  questions: Questions,
  memory: Memory,
): number {
  if (responses !== null) koffi.encode(responses, "void *", null);
  if (count <= 0 || count > PAM_MAX_NUM_MSG || messages === null) return PAM_CONV_ERR;
  const replies = memory.calloc(count, responseSize);
  if (replies === null) return PAM_CONV_ERR;
  const texts: Address[] = [];
  let password: Buffer | null = null;

  const answerTo = (at: number): Buffer | null => {
    const address = koffi.decode(messages, at * pointerSize, "void *") as Address | null;
    if (address === null) return null;
    const { msg_style: style, msg } = koffi.decode(address, messageType) as Message;
    switch (style) {
      case PAM_PROMPT_ECHO_OFF:
        return (password ??= questions.password());
      case PAM_ERROR_MSG:
        questions.errorMessage(textAt(msg, memory, ""));
        return noText;
      case PAM_TEXT_INFO:
        return noText;
      default:
        questions.unsupported(style, textAt(msg, memory, "(none)"));
        return null;
    }
  };

  const answerAll = (): boolean => {
    for (let at = 0; at < count; at++) {
      const answer = answerTo(at);
      const text = answer === null ? null : memory.strdup(answer);
      if (text === null) return false;
      texts.push(text);
      koffi.encode(replies, at * responseSize, responseType, { resp: text, resp_retcode: PAM_SUCCESS });
    }
    return true;
  };

  const answered = answerAll();
  (password as Buffer | null)?.fill(0);
  if (answered && responses !== null) {
    koffi.encode(responses, "void *", replies);
    return PAM_SUCCESS;
  }
  for (const text of texts) memory.free(text);
  memory.free(replies);
  return answered ? PAM_SUCCESS : PAM_CONV_ERR;
}

interface Message {
  readonly msg_style: number;
  readonly msg: Address | null;
}

const noText = Buffer.from("\0");

function textAt(address: Address | null, { strnlen }: Memory, none: string): Buffer {
  if (address === null) return Buffer.from(none);
  return Buffer.from(new Uint8Array(koffi.view(address, strnlen(address, longestText))));
}
