const newline = 0x0a;
const carriageReturn = 0x0d;
const backslash = 0x5c;

/**
 * Where bytes that begin with a line may be cut so that the rest begins with one, in every release: behind the last newline that
 * no backslash stands before. 0: nowhere.
 */
export function pieceEnd(bytes: Uint8Array): number {
  let end = bytes.lastIndexOf(newline);
  while (end >= 0) {
    let at = end - 1;
    while (at >= 0 && (bytes[at] === newline || bytes[at] === carriageReturn)) at -= 1;
    if (at < 0 || bytes[at] !== backslash) return end + 1;
    end = bytes.lastIndexOf(newline, at);
  }
  return 0;
}
