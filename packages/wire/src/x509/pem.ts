/** Files in PEM (RFC 7468), each block by itself: what reads only the first must not miss the others. */

export interface PemBlock {
  /** `CERTIFICATE`, `X509 CRL`, `PRIVATE KEY`, ... */
  readonly label: string;
  readonly pem: string;
}

/**
 * The blocks of a file in order; whatever stands between them is left out, and so is what is not complete.
 *
 * @param text a byte string
 */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let begun: { readonly label: string; readonly lines: string[] } | null = null;
  for (const line of text.split("\n")) {
    const [, edge, label = ""] = /^-----(BEGIN|END) ([^-]+)-----\s*$/.exec(line) ?? [];
    if (edge === "BEGIN") begun = { label, lines: [] };
    begun?.lines.push(line);
    if (edge !== "END" || begun === null) continue;
    if (label === begun.label) blocks.push({ label, pem: `${begun.lines.join("\n")}\n` });
    begun = null;
  }
  return blocks;
}

const CERTIFICATES: ReadonlySet<string> = new Set(["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"]);

/** The certificates among them. */
export function certificatesInPem(text: string): readonly string[] {
  return pemBlocks(text).flatMap(({ label, pem }) => (CERTIFICATES.has(label) ? [pem] : []));
}

/** The lists of revoked certificates among them. */
export function revocationListsInPem(text: string): readonly string[] {
  return pemBlocks(text).flatMap(({ label, pem }) => (label === "X509 CRL" ? [pem] : []));
}
