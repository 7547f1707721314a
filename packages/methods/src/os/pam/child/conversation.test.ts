import koffi from "koffi";
import { beforeEach, describe, expect, test } from "vitest";
import { converse } from "./conversation.ts";
import { memory } from "./libpam.ts";
import type { Address, Memory } from "./libpam.ts";

const [success, error] = [0, 19];
const [echoOff, echoOn, errorMessage, information] = [1, 2, 3, 4];

const messageType = koffi.struct({ msg_style: "int", msg: "void *" });
const responseType = koffi.struct({ resp: "void *", resp_retcode: "int" });

type Said = readonly [style: number, text: string | null];

let asked = 0;
let told: string[] = [];
/** What the C library has given out, and not got back. */
let open = new Set<Address>();

const watched: Memory = {
  ...memory,
  calloc: (count, size) => noted(memory.calloc(count, size)),
  strdup: (text) => noted(memory.strdup(text)),
  free: (address) => {
    if (!open.delete(address)) throw new Error("it was not there to be freed");
    memory.free(address);
  },
};

function noted(address: Address | null): Address | null {
  if (address !== null) open.add(address);
  return address;
}

beforeEach(() => {
  asked = 0;
  told = [];
  open = new Set();
});

/** What a module gets that says this, of a client with these passwords. */
function call(
  said: readonly Said[],
  passwords: readonly string[] = ["one", "two"],
  count: number = said.length,
): { readonly code: number; readonly answers: readonly string[] | null } {
  const messages = said.map(([style, text]) => {
    const message = koffi.alloc(messageType, 1) as Address;
    koffi.encode(message, messageType, {
      msg_style: style,
      msg: text === null ? null : memory.strdup(Buffer.from(`${text}\0`)),
    });
    return message;
  });
  const list = koffi.alloc("void *", Math.max(said.length, 1)) as Address;
  messages.forEach((message, at) => koffi.encode(list, at * koffi.sizeof("void *"), "void *", message));
  const responses = koffi.alloc("void *", 1) as Address;
  koffi.encode(responses, "void *", list); // not null before it is told so
  const questions = {
    password: () => {
      const password = passwords[asked];
      asked += 1;
      return password === undefined ? null : Buffer.from(`${password}\0`);
    },
    errorMessage: (text: Buffer) => void told.push(text.toString()),
    unsupported: (style: number, text: Buffer) => void told.push(`${style} ${text.toString()}`),
  };
  const code = converse(count, list, responses, questions, watched);
  const replies = koffi.decode(responses, "void *") as Address | null;
  if (replies === null) return { code, answers: null };
  const answers = said.map((_, at) => {
    const reply = koffi.decode(replies, at * koffi.sizeof(responseType), responseType) as {
      readonly resp: Address;
      readonly resp_retcode: number;
    };
    expect(reply.resp_retcode).toBe(0);
    return koffi.decode.string(reply.resp);
  });
  return { code, answers };
}

describe("a call of the conversation function", () => {
  test("asks for a password once, and answers every prompt with it", () => {
    const said: Said[] = [
      [information, "hello"],
      [echoOff, "Password: "],
      [errorMessage, "hm"],
      [echoOff, "Token: "],
    ];
    expect(call(said)).toEqual({ code: success, answers: ["", "one", "", "one"] });
    expect({ asked, told }).toEqual({ asked: 1, told: ["hm"] });
  });

  test("asks for none if there is no prompt", () => {
    expect(call([[information, "hello"]])).toEqual({ code: success, answers: [""] });
    expect(asked).toBe(0);
  });

  test.for<readonly [what: string, said: readonly Said[], told: readonly string[]]>([
    [
      "to show what is typed",
      [
        [echoOff, "Password: "],
        [echoOn, "Login: "],
      ],
      ["2 Login: "],
    ],
    [
      "what nobody knows",
      [
        [echoOff, "Password: "],
        [7, null],
      ],
      ["7 (none)"],
    ],
  ])("fails when a module wants %s, and leaves nothing behind", ([, said, words]) => {
    expect(call(said)).toEqual({ code: error, answers: null });
    expect({ told, open: open.size }).toEqual({ told: words, open: 0 });
  });

  test("fails when there is no password, and leaves nothing behind", () => {
    expect(
      call(
        [
          [information, "x"],
          [echoOff, "Password: "],
        ],
        [],
      ),
    ).toEqual({ code: error, answers: null });
    expect(open.size).toBe(0);
  });

  test.for([-1, 0, 33, 2 ** 31 - 1])("of %i messages is refused unread", (count) => {
    expect(call([[echoOff, "Password: "]], ["one"], count)).toEqual({ code: error, answers: null });
    expect({ asked, open: open.size }).toEqual({ asked: 0, open: 0 });
  });

  test("of as many as PAM allows is answered", () => {
    const said = Array.from({ length: 32 }, (): Said => [echoOff, "Password: "]);
    expect(call(said)).toEqual({ code: success, answers: said.map(() => "one") });
  });

  test("reads no more of a message than anybody would", () => {
    call([[errorMessage, "x".repeat(100_000)]]);
    expect(told.map(({ length }) => length)).toEqual([8192]);
  });

  test("that gives no place for responses is heard all the same", () => {
    const message = koffi.alloc(messageType, 1) as Address;
    koffi.encode(message, messageType, { msg_style: errorMessage, msg: memory.strdup(Buffer.from("hm\0")) });
    const list = koffi.alloc("void *", 1) as Address;
    koffi.encode(list, "void *", message);
    const questions = {
      password: () => null,
      errorMessage: (text: Buffer) => void told.push(text.toString()),
      unsupported: () => undefined,
    };
    expect(converse(1, list, null, questions, watched)).toBe(success);
    expect({ told, open: open.size }).toEqual({ told: ["hm"], open: 0 });
  });
});
