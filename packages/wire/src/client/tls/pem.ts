/** The blocks of a PEM file (RFC 7468), each by itself: what reads only the first must not miss the others. */

/** @param labels `CERTIFICATE`, `X509 CRL`, ... */
export function pemBlocks(file: Buffer, labels: readonly string[]): readonly Buffer[] {
  const lines = file.toString("latin1").split("\n");
  const blocks: Buffer[] = [];
  let begun = -1;
  for (const [index, line] of lines.entries()) {
    const [, edge, label = ""] = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----\s*$/.exec(line) ?? [];
    if (edge === "BEGIN") begun = labels.includes(label) ? index : -1;
    if (edge === "END" && begun >= 0) {
      blocks.push(Buffer.from(`${lines.slice(begun, index + 1).join("\n")}\n`, "latin1"));
      begun = -1;
    }
  }
  return blocks;
}
