import type { Steps } from "@sallyport/policy";
import { controlVersion, longestAnswer } from "./protocol.ts";
import type { ControlRefusal } from "./protocol.ts";

/** Characters that are put together before they are handed on. */
const pieceLength = 64 * 1024;

/**
 * The line of an answer, in pieces. A long list in it, such as that of all rules, is made an element a step, so that the
 * sessions do not have to wait for it.
 */
export function* answerLine(said: { readonly answer: object } | ControlRefusal): Steps<string[]> {
  const version = `{"version":${controlVersion},`;
  if ("error" in said) return [`${version}"error":${JSON.stringify(said.error)}}\n`];
  const pieces: string[] = [];
  let piece = `${version}"answer":{`;
  let length = 0;
  let comma = "";
  for (const [name, value] of Object.entries(said.answer) as [string, unknown][]) {
    piece += `${comma}${JSON.stringify(name)}:`;
    comma = ",";
    if (!Array.isArray(value)) {
      piece += JSON.stringify(value);
      continue;
    }
    piece += "[";
    for (const [at, element] of (value as readonly unknown[]).entries()) {
      piece += `${at === 0 ? "" : ","}${JSON.stringify(element)}`;
      if (piece.length >= pieceLength) {
        pieces.push(piece);
        length += piece.length;
        piece = "";
        if (length > longestAnswer / 4) return tooLong(); // at most four bytes a character
      }
      yield;
    }
    piece += "]";
  }
  return [...pieces, `${piece}}}\n`];
}

function tooLong(): string[] {
  return [`{"version":${controlVersion},"error":"the answer is too long"}\n`];
}
