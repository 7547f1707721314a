import type { Bytes } from "@sallyport/policy";

/** The blocks of a PEM file (RFC 7468), in order, each with its lines; whatever stands between them is left out. */
export function pemBlocks(text: Bytes): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let begun: { readonly label: Bytes; readonly lines: Bytes[] } | null = null;
  for (const line of text.split(/\r?\n/)) {
    const label = /^-----BEGIN ([^-]+)-----\s*$/.exec(line)?.[1];
    if (label !== undefined) begun = { label, lines: [line] };
    else if (begun !== null) {
      begun.lines.push(line);
      if (line.trimEnd() !== `-----END ${begun.label}-----`) continue;
      blocks.push({ label: begun.label, pem: `${begun.lines.join("\n")}\n` });
      begun = null;
    }
  }
  return blocks;
}

export interface PemBlock {
  /** `CERTIFICATE`, `X509 CRL`, `PRIVATE KEY`, ... */
  readonly label: Bytes;
  readonly pem: Bytes;
}

const certificateLabels: ReadonlySet<Bytes> = new Set([
  "CERTIFICATE",
  "X509 CERTIFICATE",
  "TRUSTED CERTIFICATE",
]);

/** The certificates among them. */
export function certificatesOf(text: Bytes): readonly Bytes[] {
  return pemBlocks(text).flatMap(({ label, pem }) => (certificateLabels.has(label) ? [pem] : []));
}

/** The lists of revoked certificates among them. */
export function revocationListsOf(text: Bytes): readonly Bytes[] {
  return pemBlocks(text).flatMap(({ label, pem }) => (label === "X509 CRL" ? [pem] : []));
}
